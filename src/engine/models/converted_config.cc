// The config.json of a checkpoint of transformers: text_config and vision_config, each an object.

#include "models/config_parts.h"

namespace llava {

namespace {

constexpr const char* kDefaultGrid = "[[336,672],[672,336],[672,672],[1008,336],[336,1008]]";
constexpr const char* kOneVisionGrid = "\"(1x1),...,(6x6)\"";

/// What no part has asked for, and the image processor.
void finish_converted(Fields& fields, ModelConfig& config) {
  fields.ignore(harmless_fields(FieldObject::converted));
  for (const std::string& key : fields.unread()) {
    if (key == "quantization_config")
      config.unsupported.push_back({Part::weights, key, "set", "quantised checkpoints are not read"});
    else config.unknown.push_back(key);
  }
  read_preprocessor(config.folder, config);
}

}  // namespace

void read_converted(Fields& fields, const ModelClass& known, const ModelOptions& options, ModelConfig& config) {
  static const Json kEmpty = Json::object_of({});
  const Json* text_json = fields.object("text_config");
  Fields text(text_json != nullptr ? *text_json : kEmpty, fields.where() + ", text_config");
  const std::string text_type = text.string("model_type", "llama");
  if (const DecoderClass* decoder = find_decoder(text_type)) {
    read_text_config(text, *decoder, options, config);
    for (const std::string& key : text.unread()) config.unknown.push_back("text_config." + key);
  } else {
    config.unsupported.push_back(
        {Part::text, "text_config.model_type", text_type, "known decoders are " + decoder_names()});
  }
  // The outer flag is the one that transformers acts on for these classes; either may be set by old files.
  config.text.tied = fields.boolean("tie_word_embeddings", config.text.tied);
  if (known.images == ModelClass::Images::any_size) {
    read_any_size(fields, config);
    finish_converted(fields, config);
    return;
  }

  if (const Json* vision_json = fields.object("vision_config")) {
    Fields vision(*vision_json, fields.where() + ", vision_config");
    read_vision_config(vision, config);
  } else {
    config.vision = known.images == ModelClass::Images::tiles_shrunk ? siglip_so400m() : clip_large_336();
    if (config.vision.type == "siglip") config.vision.layers = 26;
    config.vision_read = true;
  }
  const bool one_vision = known.images == ModelClass::Images::tiles_shrunk;
  // The class defaults of the image processors: SigLIP's own, while OneVision's has CLIP's.
  if (!config.vision.class_row() && !one_vision) config.image.mean = config.image.std = {0.5, 0.5, 0.5};
  const Json* layer = fields.any("vision_feature_layer");
  if (layer != nullptr && layer->is_array()) {
    if (layer->items().size() == 1 && layer->items()[0].integer()) layer = &layer->items()[0];
    else
      config.unsupported.push_back(
          {Part::vision, "vision_feature_layer", layer->dump(), "features of several layers are not implemented"});
  }
  if (layer != nullptr && !layer->is_array() && !layer->integer())
    fields.wrong("vision_feature_layer", "an integer or a list of them");
  const auto feature_layer = layer != nullptr ? layer->integer() : std::optional<int64_t>(one_vision ? -1 : -2);
  select_vision_state(feature_layer.value_or(-2),
                      fields.string("vision_feature_select_strategy", one_vision ? "full" : "default"), config);

  if (const std::string act = fields.string("projector_hidden_act", "gelu"); act != "gelu") {
    config.unsupported.push_back({Part::projector, "projector_hidden_act", act, "only the exact gelu is implemented"});
  }
  config.projector_bias = fields.boolean("multimodal_projector_bias", true);
  config.projector_layers = 2;
  config.projector = "mlp2x_gelu";
  config.image_token =
      fields.integer("image_token_index", fields.integer("image_token_id", one_vision ? 151646 : 32000, -1000, 1 << 24),
                     -1000, 1 << 24);
  config.penalize_prompt = true;

  ImageConfig& image = config.image;
  image.grid_order = GridOrder::hw;
  if (known.images == ModelClass::Images::whole) {
    image.aspect_ratio = config.whole();
    image.merge = MergeType::flat;
    fields.any("image_grid_pinpoints");
    config.clip.refusal = "the class llava has no frames";
    image.several = SeveralImages::stacked_square;
  } else {
    image.aspect_ratio = AspectRatio::anyres;
    image.merge = MergeType::spatial_unpad;
    image.newline = fields.boolean("use_image_newline_parameter", true);
    if (!image.newline)
      config.unsupported.push_back(
          {Part::image, "use_image_newline_parameter", "false", "tiles without newline vectors are not implemented"});
    const Json* grid = fields.any("image_grid_pinpoints");
    static const Json kGrid = Json::parse(kDefaultGrid, "default grid");
    static const Json kShrunkGrid = Json::parse(kOneVisionGrid, "default grid");
    if (config.vision_read && config.text_read)
      image.grid = read_grid(grid != nullptr ? *grid : (one_vision ? kShrunkGrid : kGrid), config.vision.image_size,
                             fields.where());
    image.several = SeveralImages::anyres;
    if (one_vision) {
      const std::string aspect = fields.string("vision_aspect_ratio", "anyres_max_9");
      if (const auto most = most_tiles_of(aspect)) image.most_tiles = *most;
      else
        config.unsupported.push_back(
            {Part::image, "vision_aspect_ratio", aspect, "the class knows anyres_max_k alone"});
    } else if (known.images == ModelClass::Images::tiles_and_clips) {
      config.clip = {Pool::average, PoolPlace::before_projector, ClipNewline::no_token, {}};
      const std::string pool = fields.string("spatial_pool_mode", "average");
      const int64_t stride = fields.integer("spatial_pool_stride", 2, 1, 1024);
      if (const auto mode = pool_named(pool)) config.clip.pool = *mode;
      else config.clip.refusal = "spatial_pool_mode " + pool + " is not implemented; known are average and max";
      if (stride != 2) config.clip.refusal = "spatial_pool_stride " + std::to_string(stride) + " is not implemented";
    } else {
      config.clip.refusal = "the class llava_next has no frames";
    }
  }
  finish_converted(fields, config);
}

}  // namespace llava
