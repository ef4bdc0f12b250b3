#pragma once

#include <string>
#include <vector>

#include "models/llava.h"
#include "runtime/types.h"

namespace llava {

/// What one device will hold, in bytes.
struct DevicePlan {
  std::string device;
  int64_t weights = 0;
  int64_t scratch = 0;  // activations, tower, image slots, kernel scratch
  int64_t free = 0;     // memory the engine may use on this device
  int64_t kv_per_page = 0;
  int64_t kv_tokens = 0;  // what is left for the cache, in tokens
  bool fits = false;      // weights, scratch and one sequence of an image and a question
};

/// Sizes and memory of an engine before anything is loaded.
struct EnginePlan {
  ModelSizes sizes;
  int64_t token_budget = 0;
  int64_t most_sequences = 0;
  int64_t image_slots = 0;
  int64_t pages = 0;
  int64_t context = 0;
  std::vector<DevicePlan> devices;
};

/// Chooses sizes for the devices. Never throws for lack of memory: see DevicePlan::fits.
EnginePlan plan_memory(const ModelConfig& config, const EngineOptions& options, const std::vector<Ops*>& devices);

/// Throws OutOfMemory, with the whole plan in its message, when a device cannot hold its part.
void require_fits(const EnginePlan& plan);

/// Splits "cuda:0,cuda:1" and opens each. Throws Error.
std::vector<std::unique_ptr<Ops>> open_devices(const EngineOptions& options);

}  // namespace llava
