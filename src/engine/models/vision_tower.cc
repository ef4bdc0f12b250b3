#include "models/vision_tower.h"

#include <cmath>

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
  patch_ = ops.load_linear({std::span(&patch, 1), {}, 0, kPatchAlignment}, options);
  class_row_ = ops.load_tensor(weights.vision("embeddings.class_embedding", {d}), config.work);
  position_ = ops.load_tensor(weights.vision("embeddings.position_embedding.weight", {tokens_, d}), config.work);
  pre_weight_ = ops.load_tensor(weights.vision("pre_layrnorm.weight", {d}), config.work);
  pre_bias_ = ops.load_tensor(weights.vision("pre_layrnorm.bias", {d}), config.work);
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
  if (config.projector_layers > 1) projected_a_ = Matrix(ops, rows, h, config.work);
  if (config.projector_layers > 2) projected_b_ = Matrix(ops, rows, h, config.work);
}

int64_t VisionTower::activation_bytes(const ModelConfig& config, int64_t most_tiles) {
  const VisionConfig& v = config.vision;
  const int64_t pixels = (3 * v.patch_size * v.patch_size + kPatchAlignment - 1) / kPatchAlignment * kPatchAlignment;
  const int64_t columns =
      pixels + 7 * v.hidden + v.intermediate + std::min<int64_t>(config.projector_layers - 1, 2) * config.text.hidden;
  return most_tiles * v.tower_rows() * columns * static_cast<int64_t>(size_of(config.work));
}

void VisionTower::encode(const uint8_t* tiles, int64_t count, const View& out, const Tap& tap) {
  const VisionConfig& v = config_.vision;
  const int64_t d = v.hidden;
  const int64_t rows = count * tokens_;
  const auto eps = static_cast<float>(v.eps);
  const Activation activation = v.activation == "gelu" ? Activation::gelu : Activation::quick_gelu;
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
  ops_.tower_input(patch_out, &class_row_.view, position_.view, count, x);
  if (tap) tap("vision_embeddings", 0, ops_, x);
  ops_.layer_norm(x, pre_weight_.view, pre_bias_.view, eps, x);
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

  View from = x;
  for (size_t i = 0; i < projector_.size(); ++i) {
    const bool last = i + 1 == projector_.size();
    const View to = last ? out.slice(0, rows) : (i % 2 == 0 ? projected_a_ : projected_b_).view(rows);
    ops_.linear(*projector_[i], from, to, Phase::prefill, last ? Activation::none : Activation::gelu);
    from = to;
  }
  if (tap) tap("projected", 0, ops_, out.slice(0, rows));
}

}  // namespace llava
