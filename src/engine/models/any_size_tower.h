#pragma once

#include <memory>
#include <span>
#include <vector>

#include "models/image/patches.h"
#include "models/vision_tower.h"

namespace llava {

/// A grid of patches: an image, or frames of a clip that the tower takes together.
struct PatchGrid {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t frames = 1;
  int64_t time = 0;  // of the first frame
  int64_t patches() const { return frames * rows * columns; }
};

/// RICE (LLaVA-OneVision-1.5) or OneVision-Encoder (LLaVA-OneVision-2) with the merger behind it: patches of images of any
/// size, rotated by their places, to one vector for each square of merge x merge.
class AnySizeTower {
 public:
  AnySizeTower(Ops& ops, const ModelConfig& config, CheckpointWeights& weights);

  /// Rotations of all rows of some grids, class rows included: cosines, then sines, [2, rows, head / 2].
  std::vector<float> angles(std::span<const PatchGrid> grids) const;
  int64_t rows_of(const PatchGrid& grid) const { return grid.patches() + config_.vision.class_rows(); }

  /// Patches of some grids, one behind the other, [patches, 3, P, P] u8, and their angles, both device memory -> the
  /// vectors of the last grid, [patches / merge^2, h]. `early`: of hub, see Reading. `out` has room for padded_rows.
  void encode(const uint8_t* patches, std::span<const PatchGrid> grids, const float* angles, int64_t early,
              const View& out, const Tap& tap = nullptr);

  /// Bytes of its activations besides its weights.
  static int64_t activation_bytes(const ModelConfig& config);

 private:
  struct Layer {
    Tensor norm1_weight, norm1_bias, norm2_weight, norm2_bias;
    std::unique_ptr<Linear> qkv, out, fc1, fc2;
  };
  /// One grid's rows, from its patches to the last state; x has room for padded_rows.
  void states(const uint8_t* patches, const PatchGrid& grid, const float* cos, const float* sin, const View& x,
              const Tap& tap);

  Ops& ops_;
  const ModelConfig& config_;
  int64_t patch_columns_;  // 3 P P, padded
  std::vector<float> class_angles_;
  std::unique_ptr<Linear> patch_;
  Tensor class_row_, pre_weight_, pre_bias_, merger_weight_, merger_bias_, table_;
  std::vector<Layer> layers_;
  std::unique_ptr<Linear> merge_in_, merge_out_;
  Buffer order_;  // -1 for the class row, then the patches
  Matrix patches_, patch_out_, x_, normed_, qkv_, attended_, inner_, squares_, merged_;
};

}  // namespace llava
