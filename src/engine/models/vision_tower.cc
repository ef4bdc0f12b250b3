#include "models/vision_tower.h"

#include <cmath>

#include "models/image/shrink.h"
#include "models/image/tiles.h"

namespace llava {

namespace {

constexpr int64_t kPatchAlignment = 64;

}  // namespace

VisionTower::VisionTower(Ops& ops, const ModelConfig& config, CheckpointWeights& weights, int64_t most_tiles)
    : ops_(ops), config_(config), most_tiles_(most_tiles), tokens_(config.vision.tower_rows()) {
  const VisionConfig& v = config.vision;
  const int64_t d = v.hidden;
  const int64_t pixels = 3 * v.patch_size * v.patch_size;
  patch_columns_ = (pixels + kPatchAlignment - 1) / kPatchAlignment * kPatchAlignment;
  const WeightOptions options{config.work, Quantisation::none, false};

  HostTensor patch = weights.vision("embeddings.patch_embedding.weight", {d, 3, v.patch_size, v.patch_size});
  patch.shape = {d, pixels};
  std::vector<HostTensor> patch_bias;
  if (!v.class_row()) patch_bias.push_back(weights.vision("embeddings.patch_embedding.bias", {d}));
  patch_ = ops.load_linear({std::span(&patch, 1), patch_bias, 0, kPatchAlignment}, options);
  position_ = ops.load_tensor(weights.vision("embeddings.position_embedding.weight", {tokens_, d}), config.work);
  if (v.class_row()) {
    class_row_ = ops.load_tensor(weights.vision("embeddings.class_embedding", {d}), config.work);
    pre_weight_ = ops.load_tensor(weights.vision("pre_layrnorm.weight", {d}), config.work);
    pre_bias_ = ops.load_tensor(weights.vision("pre_layrnorm.bias", {d}), config.work);
  }
  const std::array<float, 768> table = normalisation_table(config.image);
  table_ = ops.load_tensor({"normalisation table", table.data(), DType::f32, {768}}, DType::f32);

  for (int64_t i = 0; i < v.layers_used; ++i) {
    const std::string at = "encoder.layers." + std::to_string(i) + ".";
    const auto linear = [&](std::initializer_list<const char*> parts, int64_t n, int64_t k) {
      std::vector<HostTensor> w;
      std::vector<HostTensor> b;
      for (const char* part : parts) {
        w.push_back(weights.vision(at + part + ".weight", {n, k}));
        b.push_back(weights.vision(at + part + ".bias", {n}));
      }
      return ops.load_linear({w, b, 0, 0}, options);
    };
    Layer layer;
    layer.qkv = linear({"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}, d, d);
    layer.out = linear({"self_attn.out_proj"}, d, d);
    layer.fc1 = linear({"mlp.fc1"}, v.intermediate, d);
    layer.fc2 = linear({"mlp.fc2"}, d, v.intermediate);
    layer.norm1_weight = ops.load_tensor(weights.vision(at + "layer_norm1.weight", {d}), config.work);
    layer.norm1_bias = ops.load_tensor(weights.vision(at + "layer_norm1.bias", {d}), config.work);
    layer.norm2_weight = ops.load_tensor(weights.vision(at + "layer_norm2.weight", {d}), config.work);
    layer.norm2_bias = ops.load_tensor(weights.vision(at + "layer_norm2.bias", {d}), config.work);
    layers_.push_back(std::move(layer));
  }

  const int64_t h = config.text.hidden;
  for (int64_t i = 0; i < config.projector_layers; ++i) {
    const HostTensor w = weights.projector(i, "weight", {h, i == 0 ? d : h});
    std::vector<HostTensor> b;
    if (config.projector_bias) b.push_back(weights.projector(i, "bias", {h}));
    projector_.push_back(ops.load_linear({std::span(&w, 1), b, 0, 0}, options));
  }

  const int64_t rows = most_tiles * tokens_;
  patches_ = Matrix(ops, most_tiles * v.patches(), patch_columns_, config.work);
  patch_out_ = Matrix(ops, most_tiles * v.patches(), d, config.work);
  x_ = Matrix(ops, rows, d, config.work);
  normed_ = Matrix(ops, rows, d, config.work);
  qkv_ = Matrix(ops, rows, 3 * d, config.work);
  attended_ = Matrix(ops, rows, d, config.work);
  inner_ = Matrix(ops, rows, v.intermediate, config.work);
  if (config.clip.refusal.empty() && config.clip.place == PoolPlace::before_projector) load_pool();
  if (config.projector_layers > 1) projected_a_ = Matrix(ops, rows, h, config.work);
  if (config.projector_layers > 2) projected_b_ = Matrix(ops, rows, h, config.work);
}

int64_t VisionTower::activation_bytes(const ModelConfig& config, int64_t most_tiles) {
  const VisionConfig& v = config.vision;
  const int64_t pixels = (3 * v.patch_size * v.patch_size + kPatchAlignment - 1) / kPatchAlignment * kPatchAlignment;
  const int64_t columns =
      pixels + 8 * v.hidden + v.intermediate + std::min<int64_t>(config.projector_layers - 1, 2) * config.text.hidden;
  return most_tiles * v.tower_rows() * columns * static_cast<int64_t>(size_of(config.work));
}

/// Pooling of a pass of frames, as rows of the tower's state.
void VisionTower::load_pool() {
  const VisionConfig& v = config_.vision;
  const Mixture one = pool_map(v.side(), config_.clip.pool);
  pooled_rows_ = static_cast<int64_t>(one.source.size()) / 4;
  std::vector<int32_t> source;
  std::vector<float> weight;
  for (int64_t tile = 0; tile < most_tiles_; ++tile) {
    for (const int32_t cell : one.source)
      source.push_back(static_cast<int32_t>(tile * tokens_ + v.class_rows()) + cell);
    weight.insert(weight.end(), one.weight.begin(), one.weight.end());
  }
  const auto upload = [&](const auto& values) {
    Buffer buffer = ops_.allocate(std::max<size_t>(values.size() * 4, 64));
    ops_.upload(buffer.data(), values.data(), values.size() * 4);
    return buffer;
  };
  pool_source_ = upload(source);
  if (!weight.empty()) pool_weight_ = upload(weight);
  ops_.synchronize();  // the host copies end here
  pooled_ = Matrix(ops_, most_tiles_ * pooled_rows_, v.hidden, config_.work);
}

View VisionTower::features(const uint8_t* tiles, int64_t count, const Tap& tap) {
  const VisionConfig& v = config_.vision;
  const int64_t d = v.hidden;
  const int64_t rows = count * tokens_;
  const auto eps = static_cast<float>(v.eps);
  const Activation activation = v.activation == "gelu"         ? Activation::gelu
                                : v.activation == "quick_gelu" ? Activation::quick_gelu
                                                               : Activation::gelu_tanh;
  const auto heads = static_cast<int32_t>(v.heads);
  const AttentionShape shape{heads, heads, static_cast<int32_t>(v.head_size()),
                             1.0f / std::sqrt(static_cast<float>(v.head_size())), 0};

  const View patches = patches_.view(count * v.patches());
  const View patch_out = patch_out_.view(count * v.patches());
  const View x = x_.view(rows);
  const View normed = normed_.view(rows);
  const View qkv = qkv_.view(rows);
  const View attended = attended_.view(rows);
  const View inner = inner_.view(rows);

  ops_.patches(tiles, count, static_cast<int32_t>(v.image_size), static_cast<int32_t>(v.patch_size),
               table_.buffer.as<float>(), patches);
  ops_.linear(*patch_, patches, patch_out, Phase::prefill);
  ops_.tower_input(patch_out, v.class_row() ? &class_row_.view : nullptr, position_.view, count, x);
  if (tap) tap("vision_embeddings", 0, ops_, x);
  if (v.class_row()) ops_.layer_norm(x, pre_weight_.view, pre_bias_.view, eps, x);
  if (tap) tap("vision_hidden", 0, ops_, x);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    ops_.layer_norm(x, layer.norm1_weight.view, layer.norm1_bias.view, eps, normed);
    ops_.linear(*layer.qkv, normed, qkv, Phase::prefill);
    ops_.tower_attention(qkv.columns(0, d), qkv.columns(d, d), qkv.columns(2 * d, d), count,
                         static_cast<int32_t>(tokens_), shape, attended);
    ops_.linear(*layer.out, attended, x, Phase::prefill, Activation::none, &x);
    ops_.layer_norm(x, layer.norm2_weight.view, layer.norm2_bias.view, eps, normed);
    ops_.linear(*layer.fc1, normed, inner, Phase::prefill, activation);
    ops_.linear(*layer.fc2, inner, x, Phase::prefill, Activation::none, &x);
    if (tap) tap("vision_hidden", static_cast<int64_t>(i) + 1, ops_, x);
  }

  return x;
}

void VisionTower::project(const View& features, const View& out) {
  View from = features;
  for (size_t i = 0; i < projector_.size(); ++i) {
    const bool last = i + 1 == projector_.size();
    const View to = last ? out : (i % 2 == 0 ? projected_a_ : projected_b_).view(features.rows);
    ops_.linear(*projector_[i], from, to, Phase::prefill, last ? Activation::none : Activation::gelu);
    from = to;
  }
}

void VisionTower::encode(const uint8_t* tiles, int64_t count, const View& out, const Tap& tap) {
  const int64_t bytes = 3 * config_.vision.image_size * config_.vision.image_size;
  for (int64_t first = 0; first < count; first += most_tiles_) {
    const int64_t some = std::min(most_tiles_, count - first);
    const View to = out.slice(first * tokens_, some * tokens_);
    project(features(tiles + first * bytes, some, tap), to);
    if (tap) tap("projected", 0, ops_, to);
  }
}

void VisionTower::encode_pooled(const uint8_t* tiles, int64_t count, const View& out) {
  const int64_t bytes = 3 * config_.vision.image_size * config_.vision.image_size;
  for (int64_t first = 0; first < count; first += most_tiles_) {
    const int64_t some = std::min(most_tiles_, count - first);
    const View x = features(tiles + first * bytes, some, nullptr);
    const View pooled = pooled_.view(some * pooled_rows_);
    ops_.mix_rows(x, pool_source_.as<int32_t>(), pool_weight_.data() != nullptr ? pool_weight_.as<float>() : nullptr,
                  pooled.rows, nullptr, pooled);
    project(pooled, out.slice(first * pooled_rows_, some * pooled_rows_));
  }
}

int64_t VisionTower::output_rows(int64_t count) const {
  int64_t most = count * tokens_;
  for (int64_t first = 0; first < count; first += most_tiles_) {
    const int64_t rows = std::min(most_tiles_, count - first) * tokens_;
    most = std::max(most, first * tokens_ + ops_.padded_rows(rows, Phase::prefill));
  }
  return most;
}

}  // namespace llava
