// The decoder's part of config.json: Qwen2, Llama and Mistral shapes. Absent keys take the class defaults of
// transformers.

#include <algorithm>
#include <cmath>

#include "models/config_parts.h"
#include "models/known.h"
#include "support/error.h"

namespace llava {

namespace {

/// transformers 5 may write one object for each kind of layer; rotated alike, they are one.
const Json* one_of_layers(const Json& given, const std::string& name, ModelConfig& config) {
  const bool per_layer = !given.members().empty() && std::ranges::all_of(given.members(), [](const auto& member) {
    return member.second.is_object();
  });
  if (!per_layer) return &given;
  const Json& first = given.members().front().second;
  for (const auto& [kind, value] : given.members()) {
    if (value.dump() != first.dump())
      config.unsupported.push_back({Part::text, name, kind, "layers that are rotated differently are not implemented"});
  }
  return &first;
}

/// rope_theta, and rope_scaling or (transformers 5) rope_parameters. `stretched`: whether the reference honours the
/// stretching; the base it always does.
void read_rope(Fields& fields, bool stretched, TextConfig& text, ModelConfig& config) {
  text.theta = fields.number("rope_theta", text.theta, 1.0, 1e12);
  const Json* scaling = fields.any("rope_scaling");
  const Json* parameters = fields.any("rope_parameters");
  const std::string name = parameters != nullptr ? "rope_parameters" : "rope_scaling";
  const Json* given = parameters != nullptr ? parameters : scaling;
  if (given == nullptr) return;
  const std::string where = fields.where() + ", " + name;
  if (!given->is_object()) throw Error(name + " is no object", fields.where(), "Correct the file.");
  given = one_of_layers(*given, name, config);
  Fields rope(*given, where);
  std::string type = rope.string("rope_type", "");
  const std::string old_type = rope.string("type", "default");
  if (type.empty()) type = old_type;
  text.theta = rope.number("rope_theta", text.theta, 1.0, 1e12);
  if (!stretched) {
    if (type != "default")
      config.ignored.push_back(name + " " + type + " (the reference sets it to null for this family)");
    return;
  }
  const double factor = rope.number("factor", 1.0, 1.0, 1e6);
  const double original = rope.number("original_max_position_embeddings", 0.0, 0.0, 1e9);
  text.rope.factor = factor;
  if (type == "default" || type == "none" || type == "mrope") {
    if (type == "mrope")
      config.unsupported.push_back({Part::text, name + ".type", type, "3-D rotary positions are not implemented"});
  } else if (type == "linear") {
    text.rope.type = "linear";
  } else if (type == "dynamic") {
    // The stretch begins beyond max_position_embeddings, and the engine ends there: nothing to do up to that length.
    config.ignored.push_back(name + " (dynamic: no effect within max_position_embeddings)");
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
    text.rope.attention_factor =
        rope.number("attention_factor", factor > 1.0 ? 0.1 * std::log(factor) + 1.0 : 1.0, 1e-6, 1e6);
  } else {
    config.unsupported.push_back(
        {Part::text, name + ".type", type, "this stretching of rotary positions is not implemented"});
  }
  if (const double partial = rope.number("partial_rotary_factor", 1.0, 0.0, 1.0); partial != 1.0) {
    config.unsupported.push_back({Part::text, name + ".partial_rotary_factor", Json::of(partial).dump(),
                                  "partly rotated heads are not implemented"});
  }
  for (const std::string& key : rope.unread()) {
    config.unsupported.push_back({Part::text, name + "." + key, given->find(key)->dump(), "unknown field of " + name});
  }
}

/// Longer prompts than it was trained for, as the demo of NeXT-Video asks many frames: positions and context as a caller stretches them.
void stretch(int64_t factor, TextConfig& text) {
  if (factor < 2 || factor > 64)
    throw Error("positions cannot be stretched " + std::to_string(factor) + " times", "rope factor option",
                "Give 2 to 64.");
  if (text.rope.type != "none")
    throw Error("the checkpoint stretches its rotary positions by itself (" + text.rope.type + ")",
                "rope factor option", "Leave it out.");
  text.rope.type = "linear";
  text.rope.factor = static_cast<double>(factor);
  text.context *= factor;
}

void read_windows(Fields& fields, const DecoderClass& decoder, const ModelOptions& options, ModelConfig& config) {
  TextConfig& text = config.text;
  int64_t window = 0;
  int64_t first_layer = 0;
  if (decoder.windows == DecoderClass::Windows::every_layer) {
    // An absent key means 4096, an explicit null means none.
    window = fields.integer("sliding_window", fields.written("sliding_window") ? 0 : 4096, 0, 1 << 30);
  } else if (decoder.windows == DecoderClass::Windows::later_layers) {
    const bool use = fields.boolean("use_sliding_window", false);
    window = fields.integer("sliding_window", 4096, 0, 1 << 30);
    first_layer = fields.integer("max_window_layers", 28, 0, 1 << 20);
    if (!use) window = 0;
  } else {
    fields.any("sliding_window");
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
      else
        config.unsupported.push_back(
            {Part::text, "layer_types", types->items()[layer].dump(), "unknown kind of attention layer"});
    }
  }
  if (options.sliding_window) text.windows.assign(static_cast<size_t>(text.layers), *options.sliding_window);
  if (options.window_plus_one) {
    for (int64_t& w : text.windows) w += w > 0 ? 1 : 0;
  }
}

}  // namespace

void read_text_config(Fields& fields, const DecoderClass& decoder, const ModelOptions& options, ModelConfig& config) {
  TextConfig& text = config.text;
  config.text_read = true;
  text.type = decoder.model_type;
  text.hidden = fields.integer("hidden_size", 4096, 8, 1 << 17);
  text.layers = fields.integer("num_hidden_layers", 32, 1, 1024);
  text.heads = fields.integer("num_attention_heads", 32, 1, 1024);
  text.kv_heads = fields.integer("num_key_value_heads", decoder.kv_heads > 0 ? decoder.kv_heads : text.heads, 1, 1024);
  text.head_size =
      fields.integer("head_dim", decoder.head_size > 0 ? decoder.head_size : text.hidden / text.heads, 1, 4096);
  text.intermediate = fields.integer("intermediate_size", decoder.intermediate, 8, 1 << 20);
  text.vocabulary = fields.integer("vocab_size", decoder.vocabulary, 1, 1 << 24);
  text.context = fields.integer("max_position_embeddings", decoder.context, 1, 1 << 24);
  text.eps = fields.number("rms_norm_eps", 1e-6, 0.0, 1.0);
  text.tied = fields.boolean("tie_word_embeddings", false);
  const bool attention_bias = fields.boolean("attention_bias", false);
  text.qkv_bias = decoder.qkv_bias || attention_bias;
  text.o_bias = decoder.output_bias && attention_bias;
  text.mlp_bias = fields.boolean("mlp_bias", false);
  text.query_key_norm = decoder.query_key_norm;
  text.theta = decoder.theta;
  read_rope(fields, config.layout == Layout::converted || decoder.native_rope_scaling, text, config);
  if (options.rope_factor) stretch(*options.rope_factor, text);
  read_windows(fields, decoder, options, config);

  if (text.hidden % text.heads != 0 && decoder.head_size == 0 && !fields.written("head_dim")) {
    throw Error("hidden_size is not a multiple of num_attention_heads", fields.where(), "Correct the file.");
  }
  if (text.heads % text.kv_heads != 0) {
    throw Error("num_attention_heads is not a multiple of num_key_value_heads", fields.where(), "Correct the file.");
  }
  const auto multiple_of_8 = [&](const char* field, int64_t value) {
    if (value % 8 != 0)
      config.unsupported.push_back({Part::text, field, std::to_string(value), "the kernels need a multiple of 8"});
  };
  multiple_of_8("hidden_size", text.hidden);
  multiple_of_8("intermediate_size", text.intermediate);
  multiple_of_8("head_dim", text.head_size);
  if (text.head_size > 128) {
    config.unsupported.push_back(
        {Part::text, "head_dim", std::to_string(text.head_size), "head sizes above 128 are not implemented"});
  }
  if (const std::string act = fields.string("hidden_act", "silu"); act != "silu") {
    config.unsupported.push_back({Part::text, "hidden_act", act, "only silu decoders are implemented"});
  }
  if (const double partial = fields.number("partial_rotary_factor", 1.0, 0.0, 1.0); partial != 1.0) {
    config.unsupported.push_back(
        {Part::text, "partial_rotary_factor", Json::of(partial).dump(), "partly rotated heads are not implemented"});
  }
  for (const char* key : refused_text_fields()) {
    if (const Json* value = fields.any(key)) {
      if (value->is_boolean() && !*value->boolean()) continue;
      config.unsupported.push_back(
          {Part::text, key, value->dump().substr(0, 60), "this changes inference and is not implemented"});
    }
  }
  fields.ignore(harmless_fields(FieldObject::text));
}

int64_t text_parameters(const TextConfig& t) {
  const int64_t q = t.heads * t.head_size;
  const int64_t kv = t.kv_heads * t.head_size;
  const int64_t layer = t.hidden * (q + 2 * kv) + (t.qkv_bias ? q + 2 * kv : 0) + q * t.hidden +
                        (t.o_bias ? t.hidden : 0) + 3 * t.hidden * t.intermediate +
                        (t.mlp_bias ? 2 * t.intermediate + t.hidden : 0) + 2 * t.hidden +
                        (t.query_key_norm ? 2 * t.head_size : 0);
  return t.layers * layer + t.hidden + (t.tied ? 1 : 2) * t.vocabulary * t.hidden;
}

}  // namespace llava
