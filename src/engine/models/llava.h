#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "models/any_size_tower.h"
#include "models/decoder.h"

namespace llava {

/// Sizes that a model's buffers are made for.
struct ModelSizes {
  int64_t prefill_rows = 512;  // text rows of one prefill step
  int64_t decode_rows = 16;
  int64_t logit_rows = 64;  // rows of one logits call
  int64_t tiles = 5;        // tiles whose vectors are there at once: at least those of one image
  int64_t tower_tiles = 5;  // of them, tiles of one tower pass
  int64_t context = 0;      // longest sequence
};

/// A LLaVA checkpoint on one or several devices: tower and projector on the first, the decoder's layers split over all.
class LlavaModel {
 public:
  /// Loads all weights. @param devices at least one, not owned. Throws Error, OutOfMemory.
  LlavaModel(const ModelConfig& config, const std::vector<Ops*>& devices, const ModelSizes& sizes,
             CheckpointWeights::Progress progress = nullptr);

  const ModelConfig& config() const { return config_; }
  const ModelSizes& sizes() const { return sizes_; }
  /// Of tiles; a checkpoint whose tower takes images of any size has the other one.
  VisionTower& tower() { return *tower_; }
  AnySizeTower& any_size_tower() { return *any_size_tower_; }
  const View* newline() const { return newline_.buffer.data() != nullptr ? &newline_.view : nullptr; }
  std::vector<std::unique_ptr<DecoderStage>>& stages() { return stages_; }
  size_t stage_count() const { return stages_.size(); }

  static LayerRange stage_range(const ModelConfig& config, size_t stage, size_t stages);
  static Limits limits(const ModelConfig& config, const ModelSizes& sizes);

 private:
  ModelConfig config_;
  ModelSizes sizes_;
  std::unique_ptr<CheckpointWeights> weights_;  // keeps the files mapped
  std::unique_ptr<VisionTower> tower_;
  std::unique_ptr<AnySizeTower> any_size_tower_;
  Tensor newline_;
  std::vector<std::unique_ptr<DecoderStage>> stages_;
};

}  // namespace llava
