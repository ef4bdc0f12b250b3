#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/matrix.h"
#include "models/weights.h"

namespace llava {

/// Looks at intermediate results in tests: name, layer or state index, the rows. Never set in production.
using Tap = std::function<void(const std::string& name, int64_t index, Ops& ops, const View& rows)>;

/// CLIP ViT up to the selected state, then the projector, for up to `most_tiles` tiles at a time.
class VisionTower {
 public:
  VisionTower(Ops& ops, const ModelConfig& config, CheckpointWeights& weights, int64_t most_tiles);

  int64_t most_tiles() const { return most_tiles_; }
  /// Rows per tile in the outputs: the class token and P patches.
  int64_t rows_per_tile() const { return tokens_; }

  /// tiles [count, 3, S, S] u8 device memory -> projected rows [count * (1 + P), h] in `out` (capacity padded for
  /// prefill).
  void encode(const uint8_t* tiles, int64_t count, const View& out, const Tap& tap = nullptr);

  /// Bytes of the activations that a tower of `most_tiles` allocates besides its weights.
  static int64_t activation_bytes(const ModelConfig& config, int64_t most_tiles);

 private:
  struct Layer {
    Tensor norm1_weight, norm1_bias, norm2_weight, norm2_bias;
    std::unique_ptr<Linear> qkv, out, fc1, fc2;
  };

  Ops& ops_;
  const ModelConfig& config_;
  int64_t most_tiles_;
  int64_t tokens_;
  int64_t patch_columns_;  // 3 p p, padded
  std::unique_ptr<Linear> patch_;
  Tensor class_row_, position_, pre_weight_, pre_bias_, table_;
  std::vector<Layer> layers_;
  std::vector<std::unique_ptr<Linear>> projector_;
  Matrix patches_, patch_out_, x_, normed_, qkv_, attended_, inner_, projected_a_, projected_b_;
};

}  // namespace llava
