#include "models/known.h"

#include <algorithm>
#include <array>

namespace llava {

namespace {

using Images = ModelClass::Images;
constexpr std::array kClasses = {
    ModelClass{"llava", "LlavaLlamaForCausalLM", Layout::native, "llama"},
    ModelClass{"llava_llama", "LlavaLlamaForCausalLM", Layout::native, "llama"},
    ModelClass{"llava_mistral", "LlavaMistralForCausalLM", Layout::native, "mistral"},
    ModelClass{"llava_qwen", "LlavaQwenForCausalLM", Layout::native, "qwen2"},
    ModelClass{"llava_qwen2", "LlavaQwen2ForCausalLM", Layout::native, "qwen2"},
    // No class of LLaVA-NeXT's own: what its forks register.
    ModelClass{"llava_qwen3", "LlavaQwen3ForCausalLM", Layout::native, "qwen3"},
    // ShareGPT4V: LLaVA-1.5 with a CLIP tower that was trained along.
    ModelClass{"share4v", "ShareGPT4VLlamaForCausalLM", Layout::native, "llama"},
    ModelClass{"llava", "LlavaForConditionalGeneration", Layout::converted, "", Images::whole},
    ModelClass{"llava_next", "LlavaNextForConditionalGeneration", Layout::converted, "", Images::tiles},
    ModelClass{"llava_onevision", "LlavaOnevisionForConditionalGeneration", Layout::converted, "",
               Images::tiles_shrunk},
    ModelClass{"llava_next_video", "LlavaNextVideoForConditionalGeneration", Layout::converted, "",
               Images::tiles_and_clips},
    ModelClass{"llavaonevision1_5", "LLaVAOneVision1_5_ForConditionalGeneration", Layout::converted, "",
               Images::any_size},
    ModelClass{"llava_onevision2", "LlavaOnevision2ForConditionalGeneration", Layout::converted, "", Images::any_size},
};

using Windows = DecoderClass::Windows;
// clang-format off
constexpr std::array kDecoders = {
    //            model_type  vocabulary  MLP    kv  head  context  qkv bias  o bias  q, k norm  windows                native rope_scaling
    DecoderClass{"llama",     32000,      11008, 0,  0,    2048,    false,    true,   false,     Windows::none,         true},
    DecoderClass{"mistral",   32000,      14336, 8,  0,    131072,  false,    true,   false,     Windows::every_layer,  false},
    DecoderClass{"qwen2",     151936,     22016, 32, 0,    32768,   true,     false,  false,     Windows::later_layers, false},
    // The forks of the LLaVA repository that have it leave rope_scaling as it is.
    DecoderClass{"qwen3",     151936,     22016, 32, 128,  32768,   false,    true,   true,      Windows::later_layers, true},
    // What OneVision-1.5's configs call their Qwen3.
    DecoderClass{"qwen3",     151936,     22016, 32, 128,  32768,   false,    true,   true,      Windows::later_layers, true,
                 5e6, "LLaVAOneVision1_5_text"},
};
// clang-format on

/// Relatives and neighbours by their class names: the words for whoever gives one.
struct Stranger {
  /// Where the part stands in model_type, or (but for `whole`) anywhere in the architecture of a config without one. An
  /// architecture may be stranger than its model_type: within means either.
  enum class Place { begins, within, whole };
  std::string_view part;  // in lower case
  std::string_view reason;
  Place place = Place::begins;
};
using Place = Stranger::Place;
constexpr std::string_view kNotYet = "this family of LLaVA is not implemented; use an endpoint that serves it";
constexpr std::string_view kNoLlava = "it is no LLaVA; use an endpoint that serves it";
constexpr std::string_view kOtherDecoder = "its decoder is not implemented; use an endpoint that serves it";
constexpr std::string_view kExperts = "mixtures of experts are not implemented; use an endpoint that serves it";
constexpr std::string_view kQFormer = "its Q-former is not implemented; use an endpoint that serves it";
constexpr std::string_view kTextModel = "it has no vision tower: a text model";
constexpr std::array kStrangers = {
    Stranger{"moe", kExperts, Place::within},
    Stranger{"mixtral", kExperts, Place::within},
    Stranger{"fast_vlm", "its FastViTHD tower is not implemented; use an endpoint that serves it"},
    Stranger{"fastvlm", "its FastViTHD tower is not implemented; use an endpoint that serves it", Place::within},
    Stranger{"blip", kQFormer, Place::within},
    Stranger{"llava_onevision", kNotYet},
    Stranger{"llavaonevision", kNotYet},
    Stranger{"video_llava", kNotYet},
    Stranger{"vipllava", kNotYet},
    Stranger{"llava_", kOtherDecoder},
    Stranger{"tiny_llava", kOtherDecoder},
    Stranger{"tinyllava", kOtherDecoder},
    Stranger{"bunny", kOtherDecoder},
    Stranger{"llama", kTextModel, Place::whole},
    Stranger{"mistral", kTextModel, Place::whole},
    Stranger{"qwen2", kTextModel, Place::whole},
    Stranger{"qwen3", kTextModel, Place::whole},
    Stranger{"phi3", kTextModel, Place::whole},
    Stranger{"mllama", kNoLlava},
    Stranger{"llama4", kNoLlava},
    Stranger{"qwen2_vl", kNoLlava},
    Stranger{"qwen2_5_vl", kNoLlava},
    Stranger{"qwen3_vl", kNoLlava},
    Stranger{"internvl", kNoLlava},
    Stranger{"gemma3", kNoLlava},
    Stranger{"paligemma", kNoLlava},
    Stranger{"clip", "it is a vision tower, not a whole model"},
    Stranger{"siglip", "it is a vision tower, not a whole model"},
};

bool is_it(const Stranger& row, const std::string& type, const std::string& architecture) {
  const bool in_architecture = architecture.find(row.part) != std::string::npos;
  switch (row.place) {
    case Place::begins: return type.empty() ? in_architecture : type.starts_with(row.part);
    case Place::within: return in_architecture || type.find(row.part) != std::string::npos;
    case Place::whole: return type == row.part;
  }
  return false;
}

constexpr std::array kConvertedHarmless = {
    "architectures",    "ignore_index",          "image_seq_length",    "transformers_version",
    "_name_or_path",    "pad_token_id",          "bos_token_id",        "eos_token_id",
    "vocab_size",       "_commit_hash",          "initializer_range",   "use_cache",
    "auto_map",         "image_token_id",        "video_token_index",   "video_token_id",
    "video_seq_length", "vision_start_token_id", "vision_end_token_id",
};
constexpr std::array kTextHarmless = {
    "_name_or_path",        "architectures",        "attention_dropout",
    "hidden_dropout",       "initializer_range",    "use_cache",
    "transformers_version", "torch_dtype",          "dtype",
    "pretraining_tp",       "max_length",           "max_window_layers",
    "bos_token_id",         "eos_token_id",         "pad_token_id",
    "model_type",           "output_attentions",    "output_hidden_states",
    "return_dict",          "_attn_implementation", "_attn_implementation_autoset",
    "attn_implementation",  "image_token_id",       "video_token_id",
};
constexpr std::array kVisionHarmless = {
    "_name_or_path",
    "architectures",
    "attention_dropout",
    "dropout",
    "projection_dim",
    "initializer_factor",
    "initializer_range",
    "torch_dtype",
    "dtype",
    "transformers_version",
    "vocab_size",
    "vision_use_head",
    "logit_scale_init_value",
    "embed_dim",
    "tokens_per_second",
    "_attn_implementation",
    "_attn_implementation_autoset",
};
constexpr std::array kImageProcessorHarmless = {
    "image_processor_type",
    "feature_extractor_type",
    "processor_class",
    "image_grid_pinpoints",
    "_valid_processor_keys",
    "patch_size",
    "vision_feature_select_strategy",
    "num_additional_image_tokens",
    "default_to_square",
    "data_format",
    "input_data_format",
    "device",
    "return_tensors",
    "crop_pct",
    "disable_grouping",
    "pad_size",
    "image_seq_length",
    "size_divisor",
};
constexpr std::array kRefusedText = {
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "query_pre_attn_scalar",
    "num_experts",
    "num_local_experts",
    "num_experts_per_tok",
    "qk_norm",
    "use_qk_norm",
    "use_qk_layernorm",
    "residual_multiplier",
    "embedding_multiplier",
    "attention_multiplier",
    "logits_scaling",
    "quantization_config",
    "alibi",
    "no_rope_layers",
    "scale_emb",
    "scale_depth",
    "dim_model_base",
    "clip_qkv",
    "rope_pct",
    "parallel_attn",
    "use_parallel_residual",
};

/// Of generation_config.json: what only sampling reads (a task says how it samples), lengths (tasks have their own),
/// bookkeeping. Names: transformers.GenerationConfig. What is not here changes greedy answers, too.
constexpr std::array kGenerationHarmless = {
    "do_sample",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "top_h",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "max_length",
    "max_new_tokens",
    "max_time",
    "bos_token_id",
    "pad_token_id",
    "decoder_start_token_id",
    "use_cache",
    "cache_implementation",
    "cache_config",
    "length_penalty",
    "early_stopping",
    "diversity_penalty",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "output_logits",
    "return_dict_in_generate",
    "renormalize_logits",
    "remove_invalid_values",
    "low_memory",
    "disable_compile",
    "compile_config",
    "is_assistant",
    "transformers_version",
    "_from_model_config",
    "_commit_hash",
    "chat_format",
    "attn_implementation",
    "trust_remote_code",
};
constexpr std::array kGenerationNeutral = {
    std::pair<std::string_view, double>{"num_beams", 1},
    std::pair<std::string_view, double>{"num_beam_groups", 1},
    std::pair<std::string_view, double>{"no_repeat_ngram_size", 0},
    std::pair<std::string_view, double>{"encoder_no_repeat_ngram_size", 0},
    std::pair<std::string_view, double>{"encoder_repetition_penalty", 1},
    std::pair<std::string_view, double>{"min_length", 0},
    std::pair<std::string_view, double>{"min_new_tokens", 0},
    std::pair<std::string_view, double>{"guidance_scale", 1},
    std::pair<std::string_view, double>{"penalty_alpha", 0},
};

constexpr std::array kTrainingFields = {
    "use_pos_skipping",
    "pos_skipping_range",
    "use_mm_proj",
    "mm_vision_tower_lr",
    "faster_token_stride",
    "tokenizer_padding_side",
    "vision_tower_pretrained",
    "pretrain_mm_mlp_adapter",
    "add_time_instruction",
    "force_sample",
    "delay_load",
};
constexpr std::array kTrainingPrefixes = {"tune_",       "freeze_",      "unfreeze_",   "mm_tunable",
                                          "image_crop_", "image_split_", "mm_qformer_", "mm_perceiver_"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

const ModelClass* find_class(std::string_view model_type, std::string_view architecture, std::optional<Layout> layout) {
  for (const ModelClass& row : kClasses) {
    if (layout && row.layout != *layout) continue;
    if (!model_type.empty() && row.model_type != model_type) continue;
    if (!architecture.empty() && row.architecture != architecture) continue;
    return &row;
  }
  return nullptr;
}

std::string about_class(std::string_view model_type, std::string_view architecture) {
  const std::string type = lower(model_type);
  const std::string name = lower(architecture);
  for (const Stranger& row : kStrangers) {
    if (is_it(row, type, name)) return std::string(row.reason);
  }
  return "known are " + class_names(Layout::native) + " (LLaVA repository) and " + class_names(Layout::converted) +
         " (transformers)";
}

std::string class_names(Layout layout) {
  std::string out;
  for (const ModelClass& row : kClasses) {
    if (row.layout == layout) out += (out.empty() ? "" : ", ") + std::string(row.model_type);
  }
  return out;
}

const DecoderClass* find_decoder(std::string_view model_type) {
  for (const DecoderClass& row : kDecoders) {
    if ((row.alias.empty() ? row.model_type : row.alias) == model_type) return &row;
  }
  return nullptr;
}

std::string decoder_names() {
  std::string out;
  for (const DecoderClass& row : kDecoders)
    if (row.alias.empty()) out += (out.empty() ? "" : ", ") + std::string(row.model_type);
  return out;
}

std::span<const char* const> harmless_fields(FieldObject object) {
  switch (object) {
    case FieldObject::converted: return kConvertedHarmless;
    case FieldObject::text: return kTextHarmless;
    case FieldObject::vision: return kVisionHarmless;
    case FieldObject::image_processor: return kImageProcessorHarmless;
    case FieldObject::generation: return kGenerationHarmless;
  }
  return {};
}

bool changes_nothing(std::string_view name, const Json& value) {
  return std::ranges::any_of(kGenerationNeutral,
                             [&](const auto& row) { return row.first == name && value.number() == row.second; });
}

bool is_training_field(std::string_view name) {
  return name.ends_with("_lr") || std::ranges::find(kTrainingFields, name) != kTrainingFields.end() ||
         std::ranges::any_of(kTrainingPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::span<const char* const> refused_text_fields() { return kRefusedText; }

}  // namespace llava
