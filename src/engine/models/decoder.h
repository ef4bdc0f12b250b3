#pragma once

#include <memory>
#include <vector>

#include "models/vision_tower.h"

namespace llava {

/// Layers [first, end) of the decoder: all of them, or one pipeline stage.
struct LayerRange {
  int64_t first = 0;
  int64_t end = 0;
};

/// What the layers need to know about a step besides the hidden rows. All pointers are device memory of the stage's
/// device.
struct StepBatch {
  Phase phase = Phase::prefill;
  const int32_t* positions = nullptr;  // [rows]
  const int32_t* slots = nullptr;      // [rows] KV slot of each row
  PrefillBatch prefill;                // phase prefill
  DecodeBatch decode;                  // phase decode
};

/// The KV cache of a stage: one pair of buffers per layer, `pages` pages each.
class KvCache {
 public:
  KvCache() = default;
  KvCache(Ops& ops, const TextConfig& text, DType dtype, LayerRange range, int64_t pages);
  const KvLayer& layer(size_t index) const { return layers_[index]; }
  size_t layers() const { return layers_.size(); }

 private:
  std::vector<Buffer> buffers_;
  std::vector<KvLayer> layers_;
};

/// A pipeline stage of the decoder on one device: its layers, and at the ends the embedding table and the head.
class DecoderStage {
 public:
  /// @param most_rows rows of the largest step   @param most_logit_rows rows of one logits() call
  /// @param positions rows of the rotary tables
  DecoderStage(Ops& ops, const ModelConfig& config, CheckpointWeights& weights, LayerRange range, int64_t most_rows,
               int64_t most_logit_rows, int64_t positions);

  Ops& ops() { return ops_; }
  const LayerRange& range() const { return range_; }

  /// Hidden rows that forward() works on in place, [most_rows, h].
  View hidden(int64_t rows) const { return x_.view(rows); }
  /// ids [rows] (negative = image slot, left as it is) into hidden(rows). First stage only.
  void embed(const int32_t* ids, int64_t rows);
  /// Runs the stage's layers over hidden(rows).
  void forward(int64_t rows, const StepBatch& batch, const KvCache& cache, const Tap& tap = nullptr);
  /// Final norm and head for picked rows of hidden(): `rows` device [count] indices. Returns [count, logit_rows] f32.
  /// Last stage only.
  View logits(const int32_t* rows, int64_t count, Phase phase);
  /// The result of the last logits() call.
  View logits_view(int64_t count) const { return logits_.view(count); }
  int64_t most_logit_rows() const { return most_logit_rows_; }

  static int64_t activation_bytes(const ModelConfig& config, int64_t most_rows, int64_t most_logit_rows, bool last);

 private:
  struct Layer {
    Tensor attention_norm, mlp_norm;
    Tensor query_norm, key_norm;  // of one head; empty without them
    std::unique_ptr<Linear> qkv, out, gate_up, down;
  };

  Ops& ops_;
  const ModelConfig& config_;
  LayerRange range_;
  int64_t most_logit_rows_;
  std::unique_ptr<Table> embedding_;
  Tensor final_norm_;
  std::unique_ptr<Linear> head_;
  Tensor cos_, sin_;
  std::vector<Layer> layers_;
  Matrix x_, normed_, qkv_, attended_, gate_up_, inner_, picked_, picked_normed_, logits_;
};

}  // namespace llava
