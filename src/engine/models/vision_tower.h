#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/matrix.h"
#include "models/weights.h"

namespace llava {

/// Looks at intermediate results in tests: name, layer or state index, the rows. Never set in production.
using Tap = std::function<void(const std::string& name, int64_t index, Ops& ops, const View& rows)>;

/// CLIP ViT or SigLIP up to the selected state, then the projector, for up to `most_tiles` tiles at a time.
class VisionTower {
 public:
  VisionTower(Ops& ops, const ModelConfig& config, CheckpointWeights& weights, int64_t most_tiles);

  int64_t most_tiles() const { return most_tiles_; }
  /// Rows per tile in the outputs: the class token (CLIP) and P patches.
  int64_t rows_per_tile() const { return tokens_; }
  /// Rows of frames that are pooled before the projector.
  int64_t rows_per_pooled_tile() const { return pooled_rows_; }

  /// tiles [count, 3, S, S] u8 device memory -> projected rows [count * rows_per_tile(), h] in `out`. The tower takes
  /// most_tiles() at a time; `out` has room for output_rows(count).
  void encode(const uint8_t* tiles, int64_t count, const View& out, const Tap& tap = nullptr);
  /// The same for frames that are pooled before the projector: [count * rows_per_pooled_tile(), h].
  void encode_pooled(const uint8_t* tiles, int64_t count, const View& out);
  /// Rows that the output of `count` tiles needs: the last pass may write the padding of its own.
  int64_t output_rows(int64_t count) const;

  /// Bytes of the activations that a tower of `most_tiles` allocates besides its weights.
  static int64_t activation_bytes(const ModelConfig& config, int64_t most_tiles);

 private:
  /// Up to most_tiles() tiles -> the selected state, [count * rows_per_tile(), d].
  View features(const uint8_t* tiles, int64_t count, const Tap& tap);
  void project(const View& features, const View& out);
  void load_pool();

  struct Layer {
    Tensor norm1_weight, norm1_bias, norm2_weight, norm2_bias;
    std::unique_ptr<Linear> qkv, out, fc1, fc2;
  };

  Ops& ops_;
  const ModelConfig& config_;
  int64_t most_tiles_;
  int64_t tokens_;
  int64_t pooled_rows_ = 0;
  int64_t patch_columns_;  // 3 p p, padded
  std::unique_ptr<Linear> patch_;
  Tensor class_row_, position_, pre_weight_, pre_bias_, table_;  // no class row and norm before the layers in SigLIP
  Buffer pool_source_, pool_weight_;                             // of frames that are pooled before the projector
  std::vector<Layer> layers_;
  std::vector<std::unique_ptr<Linear>> projector_;
  Matrix patches_, patch_out_, x_, normed_, qkv_, attended_, inner_, pooled_, projected_a_, projected_b_;
};

}  // namespace llava
