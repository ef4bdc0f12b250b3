#include "models/decoder.h"

#include <cmath>

#include "models/rope.h"
#include "support/error.h"

namespace llava {

KvCache::KvCache(Ops& ops, const TextConfig& text, DType dtype, LayerRange range, int64_t pages) {
  const size_t bytes = static_cast<size_t>(pages * text.kv_heads * kPageTokens * text.head_size) * size_of(dtype);
  for (int64_t i = range.first; i < range.end; ++i) {
    KvLayer layer;
    buffers_.push_back(ops.allocate(bytes));
    layer.keys = buffers_.back().data();
    buffers_.push_back(ops.allocate(bytes));
    layer.values = buffers_.back().data();
    layer.dtype = dtype;
    layer.pages = static_cast<int32_t>(pages);
    layer.kv_heads = static_cast<int32_t>(text.kv_heads);
    layer.head_size = static_cast<int32_t>(text.head_size);
    layers_.push_back(layer);
  }
}

DecoderStage::DecoderStage(Ops& ops, const ModelConfig& config, CheckpointWeights& weights, LayerRange range,
                           int64_t most_rows, int64_t most_logit_rows, int64_t positions)
    : ops_(ops), config_(config), range_(range), most_logit_rows_(most_logit_rows) {
  const TextConfig& t = config.text;
  const int64_t h = t.hidden;
  const int64_t q = t.heads * t.head_size;
  const int64_t kv = t.kv_heads * t.head_size;
  const bool first = range.first == 0;
  const bool last = range.end == t.layers;
  WeightOptions options{config.work, Quantisation::none, false};
  if (first) embedding_ = ops.load_table(weights.text("embed_tokens.weight", {t.vocabulary, h}), options);

  WeightOptions linear_options = options;
  if (config.quantisation == "int8") linear_options.quantisation = Quantisation::int8;
  if (config.quantisation == "fp8") linear_options.quantisation = Quantisation::fp8_e4m3;
  for (int64_t i = range.first; i < range.end; ++i) {
    const std::string at = "layers." + std::to_string(i) + ".";
    const auto linear = [&](std::initializer_list<std::pair<const char*, int64_t>> parts, int64_t k, bool bias) {
      std::vector<HostTensor> w;
      std::vector<HostTensor> b;
      for (const auto& [part, n] : parts) {
        w.push_back(weights.text(at + part + ".weight", {n, k}));
        if (bias) b.push_back(weights.text(at + part + ".bias", {n}));
      }
      return ops.load_linear({w, b, 0, 0}, linear_options);
    };
    Layer layer;
    layer.attention_norm = ops.load_tensor(weights.text(at + "input_layernorm.weight", {h}), config.work);
    layer.qkv = linear({{"self_attn.q_proj", q}, {"self_attn.k_proj", kv}, {"self_attn.v_proj", kv}}, h, t.qkv_bias);
    if (t.query_key_norm) {
      layer.query_norm = ops.load_tensor(weights.text(at + "self_attn.q_norm.weight", {t.head_size}), config.work);
      layer.key_norm = ops.load_tensor(weights.text(at + "self_attn.k_norm.weight", {t.head_size}), config.work);
    }
    layer.out = linear({{"self_attn.o_proj", h}}, q, t.o_bias);
    layer.mlp_norm = ops.load_tensor(weights.text(at + "post_attention_layernorm.weight", {h}), config.work);
    layer.gate_up = linear({{"mlp.gate_proj", t.intermediate}, {"mlp.up_proj", t.intermediate}}, h, t.mlp_bias);
    layer.down = linear({{"mlp.down_proj", h}}, t.intermediate, t.mlp_bias);
    layers_.push_back(std::move(layer));
  }
  if (last) {
    final_norm_ = ops.load_tensor(weights.text("norm.weight", {h}), config.work);
    const HostTensor head = weights.head({t.vocabulary, h});
    head_ = ops.load_linear({std::span(&head, 1), {}, config.logit_rows, 0}, options);
  }
  const RopeTables rope = make_rope_tables(t, positions);
  cos_ = ops.load_tensor({"rope cos", rope.cos.data(), DType::f32, {positions, t.head_size / 2}}, config.work);
  sin_ = ops.load_tensor({"rope sin", rope.sin.data(), DType::f32, {positions, t.head_size / 2}}, config.work);
  ops.finish_loading();

  x_ = Matrix(ops, most_rows, h, config.work);
  normed_ = Matrix(ops, most_rows, h, config.work);
  qkv_ = Matrix(ops, most_rows, q + 2 * kv, config.work);
  attended_ = Matrix(ops, most_rows, q, config.work);
  gate_up_ = Matrix(ops, most_rows, 2 * t.intermediate, config.work);
  inner_ = Matrix(ops, most_rows, t.intermediate, config.work);
  if (last) {
    picked_ = Matrix(ops, most_logit_rows, h, config.work);
    picked_normed_ = Matrix(ops, most_logit_rows, h, config.work);
    logits_ = Matrix(ops, most_logit_rows, config.logit_rows, DType::f32);
  }
}

int64_t DecoderStage::activation_bytes(const ModelConfig& config, int64_t most_rows, int64_t most_logit_rows,
                                       bool last) {
  const TextConfig& t = config.text;
  const auto element = static_cast<int64_t>(size_of(config.work));
  const int64_t columns = 2 * t.hidden + (2 * t.heads + 2 * t.kv_heads) * t.head_size + 3 * t.intermediate;
  return most_rows * columns * element +
         (last ? most_logit_rows * (2 * t.hidden * element + 4 * config.logit_rows) : 0);
}

void DecoderStage::embed(const int32_t* ids, int64_t rows) { ops_.embed(*embedding_, ids, rows, x_.view(rows)); }

void DecoderStage::forward(int64_t rows, const StepBatch& batch, const KvCache& cache, const Tap& tap) {
  const TextConfig& t = config_.text;
  const int64_t q = t.heads * t.head_size;
  const int64_t kv = t.kv_heads * t.head_size;
  const auto eps = static_cast<float>(t.eps);
  AttentionShape shape{static_cast<int32_t>(t.heads), static_cast<int32_t>(t.kv_heads),
                       static_cast<int32_t>(t.head_size), 1.0f / std::sqrt(static_cast<float>(t.head_size)), 0};
  const View x = x_.view(rows);
  const View normed = normed_.view(rows);
  const View qkv = qkv_.view(rows);
  const View attended = attended_.view(rows);
  const View gate_up = gate_up_.view(rows);
  const View inner = inner_.view(rows);
  if (tap && range_.first == 0) tap("inputs_embeds", 0, ops_, x);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    shape.window = static_cast<int32_t>(t.windows[static_cast<size_t>(range_.first) + i]);
    ops_.rms_norm(x, layer.attention_norm.view, eps, normed);
    ops_.linear(*layer.qkv, normed, qkv, batch.phase);
    if (t.query_key_norm) {
      ops_.rms_norm(qkv.columns(0, q), layer.query_norm.view, eps, qkv.columns(0, q));
      ops_.rms_norm(qkv.columns(q, kv), layer.key_norm.view, eps, qkv.columns(q, kv));
    }
    ops_.rope_write_kv(qkv.columns(0, q), qkv.columns(q, kv), qkv.columns(q + kv, kv), batch.positions, batch.slots,
                       cos_.view, sin_.view, shape, cache.layer(i));
    if (batch.phase == Phase::prefill)
      ops_.prefill_attention(qkv.columns(0, q), cache.layer(i), batch.prefill, shape, attended);
    else ops_.decode_attention(qkv.columns(0, q), cache.layer(i), batch.decode, shape, attended);
    ops_.linear(*layer.out, attended, x, batch.phase, Activation::none, &x);
    ops_.rms_norm(x, layer.mlp_norm.view, eps, normed);
    ops_.linear(*layer.gate_up, normed, gate_up, batch.phase);
    ops_.silu_mul(gate_up, inner);
    ops_.linear(*layer.down, inner, x, batch.phase, Activation::none, &x);
    if (tap) tap("lm_hidden", range_.first + static_cast<int64_t>(i) + 1, ops_, x);
  }
}

View DecoderStage::logits(const int32_t* rows, int64_t count, Phase phase) {
  if (count > most_logit_rows_) throw ContractViolation("logits: too many rows");
  const View picked = picked_.view(count);
  const View normed = picked_normed_.view(count);
  const View out = logits_.view(count);
  ops_.gather_rows(x_.whole(), rows, nullptr, count, nullptr, picked);
  ops_.rms_norm(picked, final_norm_.view, static_cast<float>(config_.text.eps), normed);
  ops_.linear(*head_, normed, out, phase);
  return out;
}

}  // namespace llava
