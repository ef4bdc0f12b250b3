#pragma once

#include <vector>

#include "models/llava.h"
#include "runtime/image_registry.h"

namespace llava {

/// Packed visual vectors of the images whose tokens are being prefilled, in a fixed set of device buffers. All work
/// is queued on the first stage's compute queue, so a slot may be given to another image as soon as the reads of the
/// old one are queued.
class ImageSlots {
 public:
  /// @param slots images held at once   Sizes the buffers for the largest image of the config's grid.
  ImageSlots(LlavaModel& model, int64_t slots);

  static int64_t bytes(const ModelConfig& config, const ModelSizes& sizes, int64_t slots);

  /// Reserves the image for the step being planned; false when every slot is taken by that step.
  bool pin(const std::shared_ptr<ImageEntry>& image);
  /// Encodes what was pinned and is not in its slot yet. Returns how many images that were.
  int64_t encode_pinned();
  /// Packed vectors of a pinned image, [tokens, h].
  View vectors(const ImageEntry& image) const;
  /// The step is queued: slots may be reused.
  void unpin();

 private:
  struct Slot {
    Matrix vectors;
    int32_t image = -1;
    bool pinned = false;
    bool encoded = false;
    uint64_t used = 0;
    std::shared_ptr<ImageEntry> entry;  // while pinned
  };
  static constexpr int64_t kStagings = 2;  // one is filled while the other is on its way
  struct Staging {
    Buffer host;
    Buffer device;
    std::unique_ptr<Event> uploaded;
  };

  void encode(const std::vector<Slot*>& batch);
  void encode_any_size(Slot& slot);
  void pack(const Slot& slot, const Packing& packing, const uint8_t* staged);

  LlavaModel& model_;
  Ops& ops_;
  std::vector<Slot> slots_;
  uint64_t clock_ = 0;
  Matrix projected_;
  Staging staging_[kStagings];
  size_t next_staging_ = 0;
};

}  // namespace llava
