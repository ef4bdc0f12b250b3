// Towers that take images of any size: RICE (LLaVA-OneVision-1.5) and OneVision-Encoder (LLaVA-OneVision-2), with the
// merger behind them. Absent keys take the defaults of their configuration classes.

#include <algorithm>

#include "models/config_parts.h"
#include "support/error.h"

namespace llava {

namespace {

constexpr int64_t kMostPixels = int64_t{1} << 30;  // more than any image that is read has
constexpr double kBlockEps = 1e-5;                 // RICE's blocks: written into its code, whatever layer_norm_eps says

void refuse(ModelConfig& config, Part part, const std::string& field, const std::string& value,
            const std::string& reason) {
  config.unsupported.push_back({part, field, value, reason});
}

void read_rice(Fields& fields, ModelConfig& config) {
  VisionConfig& v = config.vision;
  v.type = "rice";
  v.hidden = fields.integer("hidden_size", 1024, 8, 1 << 16);
  v.layers = fields.integer("depth", 24, 1, 512);
  v.heads = fields.integer("num_heads", 16, 1, 512);
  v.intermediate = fields.integer("intermediate_size", 4096, 8, 1 << 18);
  v.outer_eps = fields.number("layer_norm_eps", 1e-5, 0.0, 1.0);
  v.eps = kBlockEps;
  v.merge = fields.integer("spatial_merge_size", 2, 1, 16);
  fields.any("temporal_patch_size");  // read nowhere in the class
  const int64_t width = fields.integer("text_hidden_size", config.text.hidden, 1, 1 << 20);
  if (config.text_read && width != config.text.hidden)
    refuse(config, Part::projector, "text_hidden_size", std::to_string(width),
           "the decoder's vectors have " + std::to_string(config.text.hidden) + " values");
  if (fields.integer("in_channels", 3, 1, 64) != 3)
    refuse(config, Part::vision, "in_channels", fields.any("in_channels")->dump(), "only RGB towers are implemented");
}

void read_onevision_encoder(Fields& fields, ModelConfig& config) {
  VisionConfig& v = config.vision;
  v.type = "onevision";
  v.hidden = fields.integer("hidden_size", 1024, 8, 1 << 16);
  v.layers = fields.integer("num_hidden_layers", 24, 1, 512);
  v.heads = fields.integer("num_attention_heads", 16, 1, 512);
  v.intermediate = fields.integer("intermediate_size", 4096, 8, 1 << 18);
  v.eps = v.outer_eps = fields.number("layer_norm_eps", 1e-6, 0.0, 1.0);
  v.merge = fields.integer("spatial_merge_size", 3, 1, 16);
  v.theta = fields.number("rope_theta", 10000.0, 1.0, 1e12);
  v.frame_window = fields.integer("frame_windows_size", 4, 1, 1 << 20);
  for (const char* key : {"image_size", "temporal_patch_size"}) fields.any(key);  // of training
  const int64_t width = fields.integer("out_hidden_size", config.text.hidden, 1, 1 << 20);
  if (config.text_read && width != config.text.hidden)
    refuse(config, Part::projector, "out_hidden_size", std::to_string(width),
           "the decoder's vectors have " + std::to_string(config.text.hidden) + " values");
  if (fields.integer("num_channels", 3, 1, 64) != 3)
    refuse(config, Part::vision, "num_channels", fields.any("num_channels")->dump(), "only RGB towers are implemented");
  if (const std::string norm = fields.string("layer_norm_type", "layer_norm"); norm != "layer_norm")
    refuse(config, Part::vision, "layer_norm_type", norm, "of this tower's norms only layer_norm is implemented");
  for (const char* key : {"use_head", "use_patch_position_encoding"}) {
    if (fields.boolean(key, false))
      refuse(config, Part::vision, key, "true", "this part of the tower is not implemented");
  }
}

/// Frames: what the code behind published numbers does with them is not one thing, and none of it is implemented.
std::string about_clips(const VisionConfig& v) {
  if (v.type == "rice")
    return "the published forward of OneVision-1.5 cuts the vectors of frames too early; ask with frames as images";
  return "frames of OneVision-2 stand between words that tell their time, and its codec patches (motion and residuals) "
         "are not implemented; ask with frames as images, as lmms-eval does";
}

}  // namespace

void read_any_size(Fields& fields, ModelConfig& config) {
  VisionConfig& v = config.vision;
  const Json* json = fields.object("vision_config");
  static const Json kEmpty = Json::object_of({});
  Fields vision(json != nullptr ? *json : kEmpty, fields.where() + ", vision_config");
  const bool second = config.model_type == "llava_onevision2";
  const std::string type = vision.string("model_type", second ? "onevision_encoder" : "rice_vit");
  if (type != (second ? "onevision_encoder" : "rice_vit"))
    return refuse(config, Part::vision, "vision model_type", type,
                  std::string("this class has a tower of type ") + (second ? "onevision_encoder" : "rice_vit"));
  config.vision_read = true;
  v.patch_size = vision.integer("patch_size", 14, 1, 256);
  v.activation = vision.string("hidden_act", "gelu");
  if (second) read_onevision_encoder(vision, config);
  else read_rice(vision, config);
  v.select_layer = -1;
  v.layers_used = v.layers;
  v.image_size = v.patch_size;  // each patch is a tile of its own
  if (v.activation != "gelu" && v.activation != "quick_gelu" && v.activation != "gelu_pytorch_tanh")
    refuse(config, Part::vision, "vision hidden_act", v.activation,
           "only quick_gelu, gelu and gelu_pytorch_tanh towers are implemented");
  if (v.hidden % v.heads != 0)
    throw Error("the tower's hidden_size is not a multiple of its heads", vision.where(), "Correct the file.");
  const int64_t steps = second ? 32 : 4;  // of a head that is shared out to three or two directions
  if (v.hidden % 8 != 0 || v.intermediate % 8 != 0 || v.head_size() % 8 != 0 || v.head_size() % steps != 0 ||
      v.head_size() > 128) {
    refuse(config, Part::vision, "vision sizes",
           std::to_string(v.hidden) + "/" + std::to_string(v.intermediate) + "/" + std::to_string(v.heads),
           "the kernels need multiples of 8 (heads of OneVision-2: of 32) and heads of at most 128");
  }
  vision.ignore(harmless_fields(FieldObject::vision));
  for (const std::string& key : vision.unread()) config.unknown.push_back("vision_config." + key);

  config.projector = "merger";
  config.projector_layers = 2;
  config.image_token = fields.integer("image_token_id", 151655, 0, 1 << 24);
  config.penalize_prompt = true;
  config.image.aspect_ratio = AspectRatio::any_size;
  config.image.several = SeveralImages::each;
  config.image.merge = MergeType::flat;
  config.clip.refusal = about_clips(v);
}

void read_pixel_bounds(Fields& fields, const std::string& name, ModelConfig& config) {
  static const Json kEmpty = Json::object_of({});
  const Json* object = fields.object("size");
  Fields size(object != nullptr ? *object : kEmpty, fields.where() + ", size");
  const auto bound = [&](const char* key, const char* edge, int64_t fallback) {
    // `size` holds areas here, although it calls them edges. Newer files have both; the first is what every version reads.
    fallback = std::min(size.integer(edge, fallback, 1, int64_t{1} << 50), kMostPixels);
    return fields.integer(key, fallback, 1, kMostPixels);
  };
  PixelBounds& pixels = config.image.pixels;
  pixels = {bound("min_pixels", "shortest_edge", pixels.least), bound("max_pixels", "longest_edge", pixels.most)};
  const auto same = [&](const char* key, int64_t expected) {
    if (const int64_t given = fields.integer(key, expected, 1, 1 << 20); config.vision_read && given != expected)
      refuse(config, Part::image, name + " " + key, std::to_string(given),
             "the tower's is " + std::to_string(expected));
  };
  for (const std::string& key : size.unread()) config.unknown.push_back(name + ".size." + key);
  same("patch_size", config.vision.patch_size);
  same("merge_size", config.vision.merge);
  same("temporal_patch_size", 1);
}

int64_t any_size_parameters(const VisionConfig& v) {
  const int64_t d = v.hidden;
  const int64_t layer = 4 * (d * d + d) + 2 * d * v.intermediate + v.intermediate + d + 4 * d;
  const int64_t class_row = v.class_row() ? d + v.head_size() / 2 : 0;
  return d * 3 * v.patch_size * v.patch_size + class_row + 2 * d + v.layers * layer;
}

int64_t merger_parameters(const ModelConfig& config) {
  const int64_t wide = config.vision.hidden * config.vision.merge * config.vision.merge;
  const int64_t h = config.text.hidden;
  return 2 * config.vision.hidden + wide * wide + wide + wide * h + h;
}

}  // namespace llava
