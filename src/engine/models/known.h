#pragma once

// Every class and every field of a config that this engine knows. What stands in no table here is refused or told by
// name.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "models/config.h"
#include "support/json.h"

namespace llava {

/// A class of checkpoint: `model_type` and `architectures` of its config.json.
struct ModelClass {
  std::string_view model_type;
  std::string_view architecture;
  Layout layout;
  std::string_view decoder;  // of native classes, whose name says it; converted ones name it in text_config
  /// Converted classes: LLaVA-1.5 sees the whole image, the others cut it into tiles; OneVision shrinks what is too much,
  /// NeXT-Video pools clips before the projector; OneVision-1.5 and -2 take images of any size. (Native classes say all
  /// this in their fields.)
  enum class Images { whole, tiles, tiles_shrunk, tiles_and_clips, any_size } images = Images::whole;
};

/// The row of a config; `model_type` and `architecture` may be empty, not both. nullptr: no model of this engine.
const ModelClass* find_class(std::string_view model_type, std::string_view architecture, std::optional<Layout> layout);
/// What a class is that others know and this engine does not, and what to use instead.
std::string about_class(std::string_view model_type, std::string_view architecture);
/// The known model_types of a layout, for messages: "llava, llava_next".
std::string class_names(Layout layout);

/// A decoder: what absent keys mean (the class defaults of transformers), and what differs between the families.
struct DecoderClass {
  std::string_view model_type;
  int64_t vocabulary;
  int64_t intermediate;
  int64_t kv_heads;   // 0: as many as heads
  int64_t head_size;  // 0: hidden / heads
  int64_t context;
  bool qkv_bias;        // always; others follow attention_bias
  bool output_bias;     // attention_bias reaches the output projection, too
  bool query_key_norm;  // RMSNorm over each head of q and k, before the rotation
  enum class Windows { none, every_layer, later_layers } windows;
  bool
      native_rope_scaling;  // the LLaVA repository's wrapper keeps rope_scaling (those of Qwen2 and Mistral set it to null)
  double theta = 10000.0;
  std::string_view alias = {};  // the same decoder under a name of its own, with defaults of its own
};
const DecoderClass* find_decoder(std::string_view model_type);
std::string decoder_names();

/// The objects of a checkpoint's JSON files whose fields are told apart.
enum class FieldObject { converted, text, vision, image_processor, generation };

/// Fields that are known to have no influence on an answer.
std::span<const char* const> harmless_fields(FieldObject object);
/// Whether a field of generation_config.json has the value at which it does nothing.
bool changes_nothing(std::string_view name, const Json& value);
/// Of the LLaVA repository's configs: fields of training, video and bookkeeping.
bool is_training_field(std::string_view name);
/// Fields of a decoder that change inference and are not implemented, whatever their value (but false).
std::span<const char* const> refused_text_fields();

}  // namespace llava
