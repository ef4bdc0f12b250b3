// The decoder's part of config.json: Qwen2, Llama and Mistral shapes. Absent keys take the class defaults of transformers.

#include <cmath>
#include <numbers>

#include "models/config_parts.h"
#include "support/error.h"

namespace llava {

namespace {

struct Defaults {
  int64_t vocabulary, intermediate, kv_heads, context;
};

Defaults defaults_of(const std::string& type) {
  if (type == "qwen2") return {151936, 22016, 32, 32768};
  if (type == "mistral") return {32000, 14336, 8, 131072};
  return {32000, 11008, 0, 2048};
}

/// rope_scaling (or rope_parameters of newer files) into `rope`.
void read_rope(Fields& fields, const Json* scaling, TextConfig& text, ModelConfig& config) {
  if (scaling == nullptr) return;
  const std::string where = fields.where() + ", rope_scaling";
  if (!scaling->is_object()) throw Error("rope_scaling is no object", fields.where(), "Correct the file.");
  Fields rope(*scaling, where);
  std::string type = rope.string("rope_type", "");
  const std::string old_type = rope.string("type", "default");
  if (type.empty()) type = old_type;
  text.theta = rope.number("rope_theta", text.theta, 1.0, 1e12);
  const double factor = rope.number("factor", 1.0, 1.0, 1e6);
  const double original = rope.number("original_max_position_embeddings", 0.0, 0.0, 1e9);
  text.rope.factor = factor;
  if (type == "default" || type == "none" || type == "mrope") {
    if (type == "mrope") config.unsupported.push_back({"rope_scaling.type", type, "3-D rotary positions are not implemented"});
  } else if (type == "linear") {
    text.rope.type = "linear";
  } else if (type == "dynamic") {
    // The stretch begins beyond max_position_embeddings, and the engine ends there: nothing to do up to that length.
    config.ignored.push_back("rope_scaling (dynamic: no effect within max_position_embeddings)");
  } else if (type == "llama3") {
    text.rope.type = "llama3";
    text.rope.low_freq_factor = rope.number("low_freq_factor", 1.0, 1e-6, 1e6);
    text.rope.high_freq_factor = rope.number("high_freq_factor", 4.0, 1e-6, 1e6);
    text.rope.original_context = original > 0.0 ? original : 8192.0;
    if (text.rope.high_freq_factor <= text.rope.low_freq_factor) {
      throw Error("high_freq_factor must exceed low_freq_factor", where, "Correct the file.");
    }
  } else if (type == "yarn") {
    text.rope.type = "yarn";
    text.rope.beta_fast = rope.number("beta_fast", 32.0, 1e-6, 1e6);
    text.rope.beta_slow = rope.number("beta_slow", 1.0, 1e-6, 1e6);
    text.rope.original_context = original > 0.0 ? original : static_cast<double>(text.context);
    text.rope.attention_factor = rope.number("attention_factor", factor > 1.0 ? 0.1 * std::log(factor) + 1.0 : 1.0, 1e-6, 1e6);
  } else {
    config.unsupported.push_back({"rope_scaling.type", type, "this stretching of rotary positions is not implemented"});
  }
  if (const double partial = rope.number("partial_rotary_factor", 1.0, 0.0, 1.0); partial != 1.0) {
    config.unsupported.push_back({"rope_scaling.partial_rotary_factor", Json::of(partial).dump(), "partly rotated heads are not implemented"});
  }
  for (const std::string& key : rope.unread()) {
    config.unsupported.push_back({"rope_scaling." + key, scaling->find(key)->dump(), "unknown field of rope_scaling"});
  }
}

void read_windows(Fields& fields, const ModelOptions& options, TextConfig& text, ModelConfig& config) {
  int64_t window = 0;
  int64_t first_layer = 0;
  if (text.type == "mistral") {
    // An absent key means 4096, an explicit null means none.
    window = fields.integer("sliding_window", fields.written("sliding_window") ? 0 : 4096, 0, 1 << 30);
  } else if (text.type == "qwen2") {
    const bool use = fields.boolean("use_sliding_window", false);
    window = fields.integer("sliding_window", 4096, 0, 1 << 30);
    first_layer = fields.integer("max_window_layers", 28, 0, 1 << 20);
    if (!use) window = 0;
  } else {
    fields.ignore({"sliding_window"});
  }
  text.windows.assign(static_cast<size_t>(text.layers), 0);
  for (int64_t layer = first_layer; layer < text.layers; ++layer) text.windows[static_cast<size_t>(layer)] = window;
  if (const Json* types = fields.any("layer_types")) {
    if (!types->is_array() || types->items().size() != static_cast<size_t>(text.layers)) {
      throw Error("layer_types does not name every layer", fields.where(), "Correct the file.");
    }
    for (size_t layer = 0; layer < types->items().size(); ++layer) {
      const std::string* kind = types->items()[layer].string();
      if (kind != nullptr && *kind == "full_attention") text.windows[layer] = 0;
      else if (kind != nullptr && *kind == "sliding_attention") text.windows[layer] = window;
      else config.unsupported.push_back({"layer_types", types->items()[layer].dump(), "unknown kind of attention layer"});
    }
  }
  if (options.sliding_window) text.windows.assign(static_cast<size_t>(text.layers), *options.sliding_window);
  if (options.window_plus_one) {
    for (int64_t& w : text.windows) w += w > 0 ? 1 : 0;
  }
}

}  // namespace

void read_text_config(Fields& fields, const std::string& type, const ModelOptions& options, ModelConfig& config) {
  TextConfig& text = config.text;
  text.type = type;
  const Defaults defaults = defaults_of(type);
  text.hidden = fields.integer("hidden_size", 4096, 8, 1 << 17);
  text.layers = fields.integer("num_hidden_layers", 32, 1, 1024);
  text.heads = fields.integer("num_attention_heads", 32, 1, 1024);
  text.kv_heads = fields.integer("num_key_value_heads", defaults.kv_heads > 0 ? defaults.kv_heads : text.heads, 1, 1024);
  text.head_size = fields.integer("head_dim", text.hidden / text.heads, 1, 4096);
  text.intermediate = fields.integer("intermediate_size", defaults.intermediate, 8, 1 << 20);
  text.vocabulary = fields.integer("vocab_size", defaults.vocabulary, 1, 1 << 24);
  text.context = fields.integer("max_position_embeddings", defaults.context, 1, 1 << 24);
  text.theta = fields.number("rope_theta", 10000.0, 1.0, 1e12);
  text.eps = fields.number("rms_norm_eps", 1e-6, 0.0, 1.0);
  text.tied = fields.boolean("tie_word_embeddings", false);
  const bool attention_bias = fields.boolean("attention_bias", false);
  text.qkv_bias = type == "qwen2" || attention_bias;
  text.o_bias = type != "qwen2" && attention_bias;
  text.mlp_bias = fields.boolean("mlp_bias", false);

  const Json* scaling = fields.any("rope_scaling");
  const Json* parameters = fields.any("rope_parameters");
  if (config.layout == Layout::native && type != "llama") {
    // The Qwen and Mistral wrappers of the LLaVA repository set rope_scaling to null.
    if (scaling != nullptr) config.ignored.push_back("rope_scaling (the reference sets it to null for this family)");
  } else {
    read_rope(fields, parameters != nullptr ? parameters : scaling, text, config);
  }
  read_windows(fields, options, text, config);

  if (text.hidden % text.heads != 0 && !fields.written("head_dim")) {
    throw Error("hidden_size is not a multiple of num_attention_heads", fields.where(), "Correct the file.");
  }
  if (text.heads % text.kv_heads != 0) {
    throw Error("num_attention_heads is not a multiple of num_key_value_heads", fields.where(), "Correct the file.");
  }
  const auto multiple_of_8 = [&](const char* field, int64_t value) {
    if (value % 8 != 0) config.unsupported.push_back({field, std::to_string(value), "the kernels need a multiple of 8"});
  };
  multiple_of_8("hidden_size", text.hidden);
  multiple_of_8("intermediate_size", text.intermediate);
  multiple_of_8("head_dim", text.head_size);
  if (text.head_size > 128) {
    config.unsupported.push_back({"head_dim", std::to_string(text.head_size), "head sizes above 128 are not implemented"});
  }
  if (const std::string act = fields.string("hidden_act", "silu"); act != "silu") {
    config.unsupported.push_back({"hidden_act", act, "only silu decoders are implemented"});
  }
  if (const double partial = fields.number("partial_rotary_factor", 1.0, 0.0, 1.0); partial != 1.0) {
    config.unsupported.push_back({"partial_rotary_factor", Json::of(partial).dump(), "partly rotated heads are not implemented"});
  }
  for (const char* key : {"attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar", "num_experts",
                          "num_local_experts", "num_experts_per_tok", "qk_norm", "use_qk_norm", "use_qk_layernorm",
                          "residual_multiplier", "embedding_multiplier", "attention_multiplier", "logits_scaling",
                          "quantization_config", "alibi", "no_rope_layers"}) {
    if (const Json* value = fields.any(key)) {
      if (value->is_boolean() && !*value->boolean()) continue;
      config.unsupported.push_back({key, value->dump().substr(0, 60), "this changes inference and is not implemented"});
    }
  }
  fields.ignore({"_name_or_path", "architectures", "attention_dropout", "hidden_dropout", "initializer_range", "use_cache",
                 "transformers_version", "torch_dtype", "dtype", "pretraining_tp", "max_length", "max_window_layers",
                 "bos_token_id", "eos_token_id", "pad_token_id", "model_type", "output_attentions", "output_hidden_states",
                 "return_dict", "rope_theta", "_attn_implementation", "_attn_implementation_autoset", "attn_implementation"});
}

int64_t text_parameters(const TextConfig& t) {
  const int64_t q = t.heads * t.head_size;
  const int64_t kv = t.kv_heads * t.head_size;
  const int64_t layer = t.hidden * (q + 2 * kv) + (t.qkv_bias ? q + 2 * kv : 0) + q * t.hidden + (t.o_bias ? t.hidden : 0) +
                        3 * t.hidden * t.intermediate + (t.mlp_bias ? 2 * t.intermediate + t.hidden : 0) + 2 * t.hidden;
  return t.layers * layer + t.hidden + (t.tied ? 1 : 2) * t.vocabulary * t.hidden;
}

}  // namespace llava
