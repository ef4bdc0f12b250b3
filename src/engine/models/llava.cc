#include "models/llava.h"

#include <algorithm>

#include "support/error.h"

namespace llava {

LayerRange LlavaModel::stage_range(const ModelConfig& config, size_t stage, size_t stages) {
  const auto layers = config.text.layers;
  const auto at = [&](size_t s) { return layers * static_cast<int64_t>(s) / static_cast<int64_t>(stages); };
  return {at(stage), at(stage + 1)};
}

Limits LlavaModel::limits(const ModelConfig& config, const ModelSizes& sizes) {
  const TextConfig& t = config.text;
  Limits limits;
  limits.work = config.work;
  limits.prefill_rows =
      std::max(sizes.prefill_rows,
               config.vision.any_size() ? most_tower_rows(config) : sizes.tower_tiles * config.vision.tower_rows());
  limits.decode_rows = sizes.decode_rows;
  limits.sequences = std::max(sizes.prefill_rows, sizes.decode_rows);
  limits.context = sizes.context;
  limits.heads = t.heads;
  limits.kv_heads = t.kv_heads;
  limits.head_size = t.head_size;
  limits.tower_heads = config.vision.heads;
  limits.tower_head_size = config.vision.head_size();
  limits.widest =
      std::max({2 * t.intermediate, (t.heads + 2 * t.kv_heads) * t.head_size, t.hidden, 3 * config.vision.hidden,
                config.vision.intermediate, config.vision.hidden * config.vision.merge * config.vision.merge});
  limits.vocabulary = config.logit_rows;
  limits.logit_rows = sizes.logit_rows;
  return limits;
}

LlavaModel::LlavaModel(const ModelConfig& config, const std::vector<Ops*>& devices, const ModelSizes& sizes,
                       CheckpointWeights::Progress progress)
    : config_(config), sizes_(sizes) {
  require_supported(config_);
  if (devices.empty() || static_cast<int64_t>(devices.size()) > config_.text.layers) {
    throw Error(std::to_string(devices.size()) + " devices for " + std::to_string(config_.text.layers) + " layers",
                "device", "Name one to as many devices as layers.");
  }
  weights_ = std::make_unique<CheckpointWeights>(config_, std::move(progress));
  for (Ops* device : devices) device->reserve(limits(config_, sizes_));
  if (config_.vision.any_size()) any_size_tower_ = std::make_unique<AnySizeTower>(*devices[0], config_, *weights_);
  else tower_ = std::make_unique<VisionTower>(*devices[0], config_, *weights_, sizes_.tower_tiles);
  if (config_.image.newline) newline_ = devices[0]->load_tensor(weights_->newline({config_.text.hidden}), config_.work);
  const int64_t rows = std::max(sizes_.prefill_rows, sizes_.decode_rows);
  for (size_t i = 0; i < devices.size(); ++i) {
    stages_.push_back(std::make_unique<DecoderStage>(*devices[i], config_, *weights_,
                                                     stage_range(config_, i, devices.size()), rows, sizes_.logit_rows,
                                                     sizes_.context));
  }
  weights_->forget_pages();
  config_.text.tied = config_.text.tied && !weights_->own_head();
  const std::vector<std::string> unused = weights_->unused();
  if (!unused.empty()) {
    throw Error("the checkpoint has " + std::to_string(unused.size()) +
                    " tensors that this architecture does not use, e.g. " + unused.front(),
                config_.folder,
                "It is another kind of model than its config says, or has an adapter that must be merged first.");
  }
}

}  // namespace llava
