#pragma once

// The parts that read_config is put together from; models/config.h is the interface.

#include "models/config.h"
#include "models/fields.h"
#include "models/known.h"

namespace llava {

/// Fills a config from config.json of the LLaVA repository's layout, and from transformers'.
void read_native(Fields& fields, const ModelClass& known, const ModelOptions& options, ModelConfig& config);
void read_converted(Fields& fields, const ModelClass& known, const ModelOptions& options, ModelConfig& config);

/// Fills config.text from the object that holds the decoder's fields (config.json itself, or text_config).
void read_text_config(Fields& fields, const DecoderClass& decoder, const ModelOptions& options, ModelConfig& config);
int64_t text_parameters(const TextConfig& text);

/// Fills config.vision from the config of a CLIP or SigLIP tower. Absent keys take its class defaults.
void read_vision_config(Fields& fields, ModelConfig& config);
/// Layers to compute for the configured select layer and feature. `feature`: patch/default or cls_patch/full.
void select_vision_state(int64_t layer, const std::string& feature, ModelConfig& config);
int64_t vision_parameters(const VisionConfig& vision);
/// The classes whose towers take images of any size: their vision_config, merger, token ids and what of them is refused.
void read_any_size(Fields& fields, ModelConfig& config);
/// min_pixels, max_pixels or size of the image processor, and what must agree with the tower.
void read_pixel_bounds(Fields& fields, const std::string& name, ModelConfig& config);
int64_t any_size_parameters(const VisionConfig& vision);
int64_t merger_parameters(const ModelConfig& config);
/// The tower that a native checkpoint names: its own folder, the caller's folder, or a well-known published name.
void read_native_tower(const std::string& name, const ModelOptions& options, ModelConfig& config);

/// image_grid_pinpoints: a list of pairs, its string form, or "(1x1),...,(6x6)".
std::vector<std::pair<int64_t, int64_t>> read_grid(const Json& value, int64_t side, const std::string& where);
/// The k of "anyres_max_k"; nothing for any other text.
std::optional<int64_t> most_tiles_of(const std::string& aspect);
/// What a prompt's images are read as where nothing else is said: each as if it were alone.
SeveralImages each_alone(const ImageConfig& image);
/// Pixel constants and switches of the folder's image processor: processor_config.json (transformers 5), else
/// preprocessor_config.json.
void read_preprocessor(const std::string& folder, ModelConfig& config);

/// The pooling that a name in a config means; nothing for a name that is unknown.
std::optional<Pool> pool_named(const std::string& name);
/// Fills config.clip from a native checkpoint's fields.
void read_native_clip(Fields& fields, ModelConfig& config);
/// The caller's reading of frames over the checkpoint's, and what of it cannot be.
void apply_clip_options(const ModelOptions& options, ModelConfig& config);

/// CLIP ViT-L/14 at 336 pixels; openai/clip-vit-large-patch14 is the same at 224.
VisionConfig clip_large_336();
/// SigLIP so400m with patches of 14 at 384 pixels.
VisionConfig siglip_so400m();

}  // namespace llava
