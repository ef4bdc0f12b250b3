#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/config.h"

namespace llava {

/// Stands for one image in a request's token ids.
inline constexpr int32_t kImageSlot = -200;

struct EngineOptions {
  ModelOptions model;
  std::string device = "cpu";  // or "cuda:0", "cuda:0,cuda:1" (pipeline stages), "reference"
  int32_t threads = 0;         // CPU worker threads, 0 = one per usable core
  int32_t image_threads = 0;   // 0 = chosen
  int64_t token_budget = 0;    // rows of one prefill step, 0 = chosen
  int64_t most_sequences = 0;  // 0 = chosen
  int64_t max_context = 0;     // 0 = the model's, cut to what memory holds
  int64_t memory = 0;          // bytes for weights, scratch and KV; 0 = from the device's free memory
  bool share_prefixes = true;
  std::string instructions;   // CPU instruction set, for tests
  std::string cublaslt_path;  // CUDA
};

/// A decoded image of a request. What it borrows is borrowed during the call alone.
struct RequestImage {
  int64_t width = 0;
  int64_t height = 0;
  const uint8_t* rgb = nullptr;
  std::string digest;
  int32_t clip = -1;  // frames of one clip have one number, and stand next to each other; -1 = no frame
  int64_t time = 0;   // which frame of its video, for towers that rotate by it (OneVision-2)
  std::span<const uint8_t> tiles = {};  // instead of rgb: what Engine::tiles made of it
};

struct Sampling {
  float temperature = 0.0f;  // 0 = greedy
  float top_p = 1.0f;
  int32_t top_k = 0;
  float repetition_penalty = 1.0f;
  bool penalize_prompt = false;
  uint64_t seed = 0;
};

/// One request: an answer to generate, or (with continuations) log-likelihoods.
struct Request {
  uint64_t id = 0;
  std::vector<int32_t> tokens;  // kImageSlot per image
  std::vector<RequestImage> images;
  std::string prefix;     // names what requests share; empty = nothing
  int64_t remaining = 0;  // of those that share it, after this one
  bool want_logits = false;

  int64_t max_new_tokens = 0;
  std::vector<int32_t> stop_tokens;
  Sampling sampling;
  int32_t first_top = 0;
  std::vector<int32_t> first_of;

  std::vector<std::vector<int32_t>> continuations;
};

enum class Finish { stop, length };

struct Timing {
  double queue_ms = 0.0;
  double prefill_ms = 0.0;
  double decode_ms = 0.0;
};

struct Usage {
  int64_t prompt_tokens = 0;
  int64_t image_tokens = 0;
  int64_t cached_tokens = 0;
  int64_t completion_tokens = 0;
};

struct ContinuationScore {
  std::vector<float> logprobs;  // per token
  double sum = 0.0;
  bool greedy = true;
};

struct Answer {
  std::vector<int32_t> tokens;
  Finish finish = Finish::length;
  Usage usage;
  Timing timing;
  std::vector<int32_t> top_ids;
  std::vector<float> top_logprobs;
  std::vector<float> first_of;
  std::vector<float> logits;
  std::vector<ContinuationScore> continuations;
};

/// Why a request has no answer. The names are part of the interface to JavaScript.
enum class FailureCode { aborted, closed, context, request, image, device, nan };

constexpr const char* name_of(FailureCode code) {
  constexpr std::array names = {"ABORTED", "CLOSED", "CONTEXT", "REQUEST", "IMAGE", "DEVICE", "NAN"};
  return names[static_cast<size_t>(code)];
}

struct Failure {
  FailureCode code = FailureCode::request;
  std::string message;
};

/// Thrown while a request is taken in: it cannot be answered, and why.
class RequestRefused : public std::runtime_error {
 public:
  RequestRefused(FailureCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  FailureCode code() const { return code_; }

 private:
  FailureCode code_;
};

/// Called on the engine thread; must not block and must not call back into the engine.
struct Handler {
  std::function<void(std::span<const int32_t>)> tokens;  // newly generated ids; may be empty
  std::function<void(Answer)> done;
  std::function<void(Failure)> failed;
};

struct Statistics {
  int64_t requests = 0;
  int64_t prefill_tokens = 0;
  int64_t shared_tokens = 0;
  int64_t decoded_tokens = 0;
  int64_t images = 0;          // images of requests
  int64_t images_encoded = 0;  // tower passes over images
  int64_t prefill_steps = 0;
  int64_t decode_steps = 0;
  // Of the decode steps, on the first device; see Device::replay.
  int64_t steps_recorded = 0;
  int64_t steps_replayed = 0;
  int64_t recordings_kept = 0;
  double busy_ms = 0.0;
};

}  // namespace llava
