#include "models/any_size_tower.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "models/image/tiles.h"
#include "support/error.h"

namespace llava {

namespace {

constexpr int64_t kPatchAlignment = 64;

/// The tensors' names of the two families.
struct Names {
  const char *patch, *pre, *layer, *norm1, *norm2, *qkv, *out;
};
constexpr Names kRice = {"patch_embed.proj", "pre_layernorm", "blocks.", "norm1", "norm2", "attn.qkv", "attn.proj"};
constexpr Names kOneVision = {"embeddings.patch_embedding",
                              "layernorm_pre",
                              "encoder.layers.",
                              "layer_norm1",
                              "layer_norm2",
                              "self_attn.qkv",
                              "self_attn.proj"};

int64_t patch_columns(const VisionConfig& v) {
  return (3 * v.patch_size * v.patch_size + kPatchAlignment - 1) / kPatchAlignment * kPatchAlignment;
}

/// theta^(-i / count), in float32 as the reference.
std::vector<float> frequencies(double theta, int64_t count) {
  std::vector<float> out;
  for (int64_t i = 0; i < count; ++i) {
    const float exponent = static_cast<float>(i) / static_cast<float>(count);
    out.push_back(1.0f / static_cast<float>(std::pow(theta, static_cast<double>(exponent))));
  }
  return out;
}

/// Cosines and sines of positions first, first + 1, ... times some frequencies.
struct Turns {
  Turns(const std::vector<float>& frequency, int64_t first, int64_t positions) : count(frequency.size()) {
    for (int64_t p = first; p < first + positions; ++p) {
      for (const float f : frequency) {
        const auto angle = static_cast<double>(static_cast<float>(p) * f);
        cos.push_back(static_cast<float>(std::cos(angle)));
        sin.push_back(static_cast<float>(std::sin(angle)));
      }
    }
  }
  size_t count;  // of one position
  std::vector<float> cos, sin;
};

}  // namespace

AnySizeTower::AnySizeTower(Ops& ops, const ModelConfig& config, CheckpointWeights& weights)
    : ops_(ops), config_(config), patch_columns_(patch_columns(config.vision)) {
  const VisionConfig& v = config.vision;
  const Names& names = v.type == "rice" ? kRice : kOneVision;
  const int64_t d = v.hidden;
  const int64_t h = config.text.hidden;
  const int64_t wide = d * v.merge * v.merge;
  const WeightOptions options{config.work, Quantisation::none, false};
  const auto tensor = [&](const std::string& name, std::vector<int64_t> shape) {
    return ops.load_tensor(weights.vision(name, std::move(shape)), config.work);
  };
  const auto linear = [&](const std::string& name, int64_t n, int64_t k) {
    const HostTensor w = weights.vision(name + ".weight", {n, k});
    const HostTensor b = weights.vision(name + ".bias", {n});
    return ops.load_linear({std::span(&w, 1), std::span(&b, 1), 0, 0}, options);
  };

  HostTensor patch = weights.vision(std::string(names.patch) + ".weight", {d, 3, v.patch_size, v.patch_size});
  patch.shape = {d, 3 * v.patch_size * v.patch_size};
  patch_ = ops.load_linear({std::span(&patch, 1), {}, 0, kPatchAlignment}, options);
  if (v.class_row()) {
    class_row_ = tensor("class_embedding", {d});
    const HostTensor learned = weights.vision("class_pos_emb", {1, v.head_size() / 2});
    for (int64_t i = 0; i < learned.count(); ++i)
      class_angles_.push_back(round_to(config.work, load_float(learned.data, learned.dtype, i)));
  }
  pre_weight_ = tensor(std::string(names.pre) + ".weight", {d});
  pre_bias_ = tensor(std::string(names.pre) + ".bias", {d});
  for (int64_t i = 0; i < v.layers; ++i) {
    const std::string at = names.layer + std::to_string(i) + ".";
    Layer layer;
    layer.norm1_weight = tensor(at + names.norm1 + ".weight", {d});
    layer.norm1_bias = tensor(at + names.norm1 + ".bias", {d});
    layer.norm2_weight = tensor(at + names.norm2 + ".weight", {d});
    layer.norm2_bias = tensor(at + names.norm2 + ".bias", {d});
    layer.qkv = linear(at + names.qkv, 3 * d, d);
    layer.out = linear(at + names.out, d, d);
    layer.fc1 = linear(at + "mlp.fc1", v.intermediate, d);
    layer.fc2 = linear(at + "mlp.fc2", d, v.intermediate);
    layers_.push_back(std::move(layer));
  }
  merger_weight_ = tensor("merger.ln_q.weight", {d});
  merger_bias_ = tensor("merger.ln_q.bias", {d});
  merge_in_ = linear("merger.mlp.0", wide, wide);
  merge_out_ = linear("merger.mlp.2", h, wide);
  const std::array<float, 768> table = normalisation_table(config.image);
  table_ = ops.load_tensor({"normalisation table", table.data(), DType::f32, {768}}, DType::f32);

  const int64_t rows = most_tower_rows(config);
  std::vector<int32_t> order;
  for (int64_t i = 0; i < rows; ++i) order.push_back(static_cast<int32_t>(i) - 1);
  order_ = ops.allocate(order.size() * sizeof(int32_t));
  ops.upload(order_.data(), order.data(), order.size() * sizeof(int32_t));
  ops.synchronize();  // the host copy ends here

  patches_ = Matrix(ops, rows, patch_columns_, config.work);
  patch_out_ = Matrix(ops, rows, d, config.work);
  x_ = Matrix(ops, most_state_rows(config), d, config.work);
  normed_ = Matrix(ops, rows, d, config.work);
  qkv_ = Matrix(ops, rows, 3 * d, config.work);
  attended_ = Matrix(ops, rows, d, config.work);
  inner_ = Matrix(ops, rows, v.intermediate, config.work);
  squares_ = Matrix(ops, most_merged_patches(config), wide, config.work);
  merged_ = Matrix(ops, most_merged_patches(config), wide, config.work);
}

int64_t AnySizeTower::activation_bytes(const ModelConfig& config) {
  const VisionConfig& v = config.vision;
  const int64_t columns = patch_columns(v) + 6 * v.hidden + v.intermediate;
  return (most_tower_rows(config) * columns + most_state_rows(config) * v.hidden +
          2 * most_merged_patches(config) * v.hidden * v.merge * v.merge) *
         static_cast<int64_t>(size_of(config.work));
}

std::vector<float> AnySizeTower::angles(std::span<const PatchGrid> grids) const {
  const VisionConfig& v = config_.vision;
  const int64_t half = v.head_size() / 2;
  // RICE: row and column share the half of a head. OneVision-2: time, row and column do, 4 : 6 : 6.
  const int64_t of_time = v.type == "rice" ? 0 : half / 16 * 4;
  const std::vector<float> time = frequencies(v.theta, of_time);
  const std::vector<float> place = frequencies(v.theta, (half - of_time) / 2);
  int64_t rows = 0;
  for (const PatchGrid& grid : grids) rows += rows_of(grid);
  std::vector<float> out(static_cast<size_t>(2 * rows * half));
  float* cos = out.data();
  float* sin = cos + rows * half;
  const auto append = [&](const Turns& turns, int64_t position) {
    const size_t from = static_cast<size_t>(position) * turns.count;
    cos = std::copy_n(turns.cos.begin() + static_cast<std::ptrdiff_t>(from), turns.count, cos);
    sin = std::copy_n(turns.sin.begin() + static_cast<std::ptrdiff_t>(from), turns.count, sin);
  };
  for (const PatchGrid& grid : grids) {
    const Turns of_frame(time, grid.time, grid.frames);
    const Turns of_place(place, 0, std::max(grid.rows, grid.columns));
    if (!class_angles_.empty()) append(Turns(class_angles_, 1, 1), 0);
    const std::vector<PatchPlace> places = patch_places(grid.rows, grid.columns, v.merge);
    for (int64_t frame = 0; frame < grid.frames; ++frame) {
      for (const auto& [row, column] : places) {
        append(of_frame, frame);
        append(of_place, row);
        append(of_place, column);
      }
    }
  }
  return out;
}

void AnySizeTower::states(const uint8_t* patches, const PatchGrid& grid, const float* cos, const float* sin,
                          const View& x, const Tap& tap) {
  const VisionConfig& v = config_.vision;
  const int64_t d = v.hidden;
  const int64_t n = grid.patches();
  const int64_t rows = rows_of(grid);
  const auto eps = static_cast<float>(v.eps);
  const Activation activation = v.activation == "gelu"         ? Activation::gelu
                                : v.activation == "quick_gelu" ? Activation::quick_gelu
                                                               : Activation::gelu_tanh;
  const auto heads = static_cast<int32_t>(v.heads);
  const AttentionShape shape{heads, heads, static_cast<int32_t>(v.head_size()),
                             1.0f / std::sqrt(static_cast<float>(v.head_size())), 0};
  const Pairs pairs = v.type == "rice" ? Pairs::halves : Pairs::neighbours;
  const View patch_rows = patches_.view(n);
  const View patch_out = patch_out_.view(n);
  const View normed = normed_.view(rows);
  const View qkv = qkv_.view(rows);
  const View attended = attended_.view(rows);
  const View inner = inner_.view(rows);

  // A patch is a tile of one patch.
  const auto side = static_cast<int32_t>(v.patch_size);
  ops_.patches(patches, n, side, side, table_.buffer.as<float>(), patch_rows);
  ops_.linear(*patch_, patch_rows, v.class_row() ? patch_out : x, Phase::prefill);
  if (v.class_row()) ops_.gather_rows(patch_out, order_.as<int32_t>(), nullptr, rows, &class_row_.view, x);
  if (tap) tap("vision_embeddings", 0, ops_, x);
  ops_.layer_norm(x, pre_weight_.view, pre_bias_.view, static_cast<float>(v.outer_eps), x);
  if (tap) tap("vision_hidden", 0, ops_, x);
  // Frames that see one another; an image sees itself.
  const int64_t window = v.frame_window > 0 ? v.frame_window : 1;
  const int64_t of_frame = grid.rows * grid.columns + v.class_rows();
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    ops_.layer_norm(x, layer.norm1_weight.view, layer.norm1_bias.view, eps, normed);
    ops_.linear(*layer.qkv, normed, qkv, Phase::prefill);
    ops_.rotate_rows(qkv.columns(0, d), cos, sin, shape, pairs);
    ops_.rotate_rows(qkv.columns(d, d), cos, sin, shape, pairs);
    for (int64_t frame = 0; frame < grid.frames; frame += window) {
      const int64_t some = std::min(window, grid.frames - frame) * of_frame;
      const View part = qkv.slice(frame * of_frame, some);
      ops_.tower_attention(part.columns(0, d), part.columns(d, d), part.columns(2 * d, d), 1,
                           static_cast<int32_t>(some), shape, attended.slice(frame * of_frame, some));
    }
    ops_.linear(*layer.out, attended, x, Phase::prefill, Activation::none, &x);
    ops_.layer_norm(x, layer.norm2_weight.view, layer.norm2_bias.view, eps, normed);
    ops_.linear(*layer.fc1, normed, inner, Phase::prefill, activation);
    ops_.linear(*layer.fc2, inner, x, Phase::prefill, Activation::none, &x);
    if (tap) tap("vision_hidden", static_cast<int64_t>(i) + 1, ops_, x);
  }
}

void AnySizeTower::encode(const uint8_t* patches, std::span<const PatchGrid> grids, const float* angles, int64_t early,
                          const View& out, const Tap& tap) {
  const VisionConfig& v = config_.vision;
  const int64_t half = v.head_size() / 2;
  int64_t all = 0;
  for (const PatchGrid& grid : grids) all += rows_of(grid);
  if (all > x_.whole().rows) throw ContractViolation("the tower takes fewer patches than the image has");
  // Grids in order: a pass may write the padding of its own over the rows that come next.
  int64_t first = 0;
  for (const PatchGrid& grid : grids) {
    const bool last = &grid == &grids.back();
    states(patches, grid, angles + first * half, angles + (all + first) * half, x_.whole().slice(first, rows_of(grid)),
           last ? tap : nullptr);
    patches += grid.patches() * 3 * v.patch_size * v.patch_size;
    first += rows_of(grid);
  }
  const int64_t n = grids.back().patches();
  const int64_t squares = n / (v.merge * v.merge);
  const View chosen = x_.whole().slice(all - n - early, n);
  if (tap) tap("vision_selected", 0, ops_, chosen);
  // The rows of a square are neighbours: normed one by one, they are read as one.
  const View wide = squares_.view(squares);
  ops_.layer_norm(chosen, merger_weight_.view, merger_bias_.view, static_cast<float>(v.outer_eps),
                  {wide.data, wide.dtype, n, v.hidden, v.hidden});
  const View merged = merged_.view(squares);
  ops_.linear(*merge_in_, wide, merged, Phase::prefill, Activation::gelu);
  ops_.linear(*merge_out_, merged, out, Phase::prefill);
  if (tap) tap("packed", 0, ops_, out);
}

}  // namespace llava
