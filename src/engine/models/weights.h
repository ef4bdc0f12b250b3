#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/config.h"
#include "support/safetensors.h"

namespace llava {

/// The tensors of a checkpoint under the model's own names, whichever layout the files have. Every tensor that is
/// handed out has had its shape checked against the config. Files stay mapped as long as this lives.
class CheckpointWeights {
 public:
  /// Called with the bytes handed out so far and the bytes of all tensors.
  using Progress = std::function<void(int64_t done, int64_t total)>;

  /// Opens the files and finds the prefix of each part. Throws Error when a part is missing.
  explicit CheckpointWeights(const ModelConfig& config, Progress progress = nullptr);

  /// e.g. "embeddings.patch_embedding.weight", "encoder.layers.3.self_attn.q_proj.weight"
  HostTensor vision(const std::string& name, std::vector<int64_t> shape);
  /// Layer 0 .. projector_layers - 1, "weight" or "bias".
  HostTensor projector(int64_t layer, const std::string& name, std::vector<int64_t> shape);
  HostTensor newline(std::vector<int64_t> shape);
  /// e.g. "embed_tokens.weight", "norm.weight", "layers.3.mlp.up_proj.weight"
  HostTensor text(const std::string& name, std::vector<int64_t> shape);
  /// lm_head.weight, or the embedding table when it is tied or absent.
  HostTensor head(std::vector<int64_t> shape);

  /// Tensors that nobody asked for and that are not known to be without influence: a different model than the config
  /// says.
  std::vector<std::string> unused() const;
  size_t total_bytes() const;
  /// Whether there is a head beside the embeddings that the config calls tied.
  bool own_head() const { return config_.text.tied && !head_name_.empty(); }
  /// Gives back the memory of what was read so far: every back end has its own copy, but for tables of rows on a CPU.
  void forget_pages();

 private:
  HostTensor fetch(TensorStore& store, const std::string& name, const std::vector<int64_t>& shape);

  const ModelConfig& config_;
  TensorStore store_;
  std::optional<TensorStore> tower_store_;  // native checkpoints without a tower of their own
  std::string vision_prefix_;
  std::string projector_prefix_;
  std::string newline_name_;
  std::string text_prefix_;
  std::string head_name_;  // empty: tied
  std::set<std::string> used_;
  Progress progress_;
  int64_t done_ = 0;
  int64_t forgotten_ = 0;  // of `done_`
};

}  // namespace llava
