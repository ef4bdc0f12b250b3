#pragma once

#include <map>
#include <string>
#include <vector>

#include "kernels/backends.h"
#include "models/image/resize.h"
#include "models/llava.h"
#include "runtime/image_slots.h"

namespace llava {

/// Rows of a device matrix as float32 on the host.
struct Rows {
  int64_t rows = 0;
  int64_t cols = 0;
  std::vector<float> values;
  const float* row(int64_t r) const { return values.data() + r * cols; }
};
Rows read_rows(Ops& ops, const View& view);

/// A prompt for the probe: ids with kImageSlot per image.
struct ProbePrompt {
  std::vector<int32_t> ids;
  std::vector<ImageView> images;
  std::vector<int32_t> clips;  // of each image, -1: no frame
  std::vector<int64_t> times;  // of each image, or nothing: all 0
};

/// The model without engine and scheduler: every intermediate result of the tower and of one prefill step, for tests.
class Probe {
 public:
  /// @param devices one name, or several with commas between them: one pipeline stage on each
  /// @param instructions of the CPU; empty = the best
  Probe(const ModelConfig& config, const std::string& devices, int64_t rows = 2048,
        const std::string& instructions = "");

  const ModelConfig& config() const { return model_->config(); }
  Ops& ops() { return *devices_[0]; }

  /// Tower and projector; taps are collected under "name index". Returns the projected rows, class rows included.
  Rows encode(const ImageView& image, const Reading& reading, std::map<std::string, Rows>* taps = nullptr);
  /// Patches of some grids through a tower that takes images of any size; the vectors of the last.
  Rows encode_grids(const std::vector<uint8_t>& patches, const std::vector<PatchGrid>& grids, int64_t early,
                    std::map<std::string, Rows>* taps = nullptr);
  /// Packed visual vectors of an image.
  Rows pack(const ImageView& image, const Reading& reading);
  /// Of all images of a prompt, whose tower takes images of any size.
  Rows pack_prompt(const ProbePrompt& prompt);
  /// One prefill step over all prompts together; logits of every row, prompt by prompt.
  std::vector<Rows> prefill(const std::vector<ProbePrompt>& prompts, std::map<std::string, Rows>* taps = nullptr);

 private:
  View pack_any_size(std::span<const ImageView> images, const Reading& reading);
  View pack_on_device(const ImageView& image, const Reading& reading);

  std::vector<std::unique_ptr<Ops>> devices_;
  std::unique_ptr<LlavaModel> model_;
  std::vector<KvCache> caches_;
  int64_t pages_;
  Matrix projected_;
  std::vector<Matrix> packed_;
};

}  // namespace llava
