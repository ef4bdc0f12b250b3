// The tower's config: CLIP ViT. In converted checkpoints it is nested, in native ones mm_vision_tower only names it.

#include <algorithm>

#include "models/config_parts.h"
#include "support/error.h"
#include "support/mapped_file.h"

namespace llava {

namespace {

constexpr size_t kLargestConfig = 16u << 20;

std::string last_part(const std::string& path) {
  std::string trimmed = path;
  while (!trimmed.empty() && trimmed.back() == '/') trimmed.pop_back();
  const size_t slash = trimmed.find_last_of("/\\");  // also where training ran on Windows
  return slash == std::string::npos ? trimmed : trimmed.substr(slash + 1);
}

/// A folder named inside a config, relative to the checkpoint and not leaving it; empty when it is none.
std::string inner_folder(const std::string& checkpoint, const std::string& name) {
  std::string relative = name.starts_with("./") ? name.substr(2) : name;
  while (!relative.empty() && relative.back() == '/') relative.pop_back();
  if (relative.empty() || relative == "." || relative == ".." || relative.find('/') != std::string::npos) return "";
  const std::string folder = checkpoint + "/" + relative;
  return is_folder(folder) ? folder : "";
}

}  // namespace

VisionConfig clip_large_336() {
  VisionConfig v;
  v.hidden = 1024;
  v.layers = 24;
  v.heads = 16;
  v.intermediate = 4096;
  v.image_size = 336;
  v.patch_size = 14;
  return v;
}

void read_vision_config(Fields& fields, const VisionConfig& fallback, ModelConfig& config) {
  const std::string type = fields.string("model_type", "clip_vision_model");
  if (type != "clip_vision_model" && type != "clip") {
    config.unsupported.push_back({Part::vision, "vision model_type", type, "only CLIP towers are implemented"});
    return;
  }
  config.vision_read = true;
  VisionConfig& v = config.vision;
  v.hidden = fields.integer("hidden_size", fallback.hidden, 8, 1 << 16);
  v.layers = fields.integer("num_hidden_layers", fallback.layers, 1, 512);
  v.heads = fields.integer("num_attention_heads", fallback.heads, 1, 512);
  v.intermediate = fields.integer("intermediate_size", fallback.intermediate, 8, 1 << 18);
  v.image_size = fields.integer("image_size", fallback.image_size, 1, 4096);
  v.patch_size = fields.integer("patch_size", fallback.patch_size, 1, 4096);
  v.eps = fields.number("layer_norm_eps", 1e-5, 0.0, 1.0);
  v.activation = fields.string("hidden_act", "quick_gelu");
  if (v.activation != "quick_gelu" && v.activation != "gelu") {
    config.unsupported.push_back(
        {Part::vision, "vision hidden_act", v.activation, "only quick_gelu and gelu towers are implemented"});
  }
  if (fields.integer("num_channels", 3, 1, 64) != 3) {
    config.unsupported.push_back(
        {Part::vision, "num_channels", fields.any("num_channels")->dump(), "only RGB towers are implemented"});
  }
  if (v.hidden % v.heads != 0)
    throw Error("the tower's hidden_size is not a multiple of its heads", fields.where(), "Correct the file.");
  if (v.patch_size > v.image_size) throw Error("patch_size exceeds image_size", fields.where(), "Correct the file.");
  if (v.hidden % 8 != 0 || v.intermediate % 8 != 0 || v.head_size() % 8 != 0 || v.head_size() > 128) {
    config.unsupported.push_back(
        {Part::vision, "vision sizes",
         std::to_string(v.hidden) + "/" + std::to_string(v.intermediate) + "/" + std::to_string(v.heads),
         "the kernels need multiples of 8 and heads of at most 128"});
  }
  fields.ignore(harmless_fields(FieldObject::vision));
  for (const std::string& key : fields.unread()) config.unknown.push_back("vision_config." + key);
}

void select_vision_state(int64_t layer, const std::string& feature, ModelConfig& config) {
  if (!config.vision_read) return;
  VisionConfig& v = config.vision;
  v.select_layer = layer;
  const int64_t state = layer < 0 ? v.layers + 1 + layer : layer;
  if (state < 0 || state > v.layers) {
    throw Error("the vision feature layer " + std::to_string(layer) + " does not exist in a tower of " +
                    std::to_string(v.layers) + " layers",
                config.folder + "/config.json", "Correct the file.");
  }
  v.layers_used = state;
  if (feature == "patch" || feature == "default") v.keep_class = false;
  else if (feature == "cls_patch" || feature == "full") v.keep_class = true;
  else
    config.unsupported.push_back(
        {Part::vision, "vision select feature", feature, "known are patch/default and cls_patch/full"});
}

int64_t vision_parameters(const VisionConfig& v) {
  const int64_t layer =
      4 * (v.hidden * v.hidden + v.hidden) + 2 * v.hidden * v.intermediate + v.intermediate + v.hidden + 4 * v.hidden;
  return v.hidden * 3 * v.patch_size * v.patch_size + v.hidden + v.tower_rows() * v.hidden + 4 * v.hidden +
         v.layers * layer;
}

void read_native_tower(const std::string& name, const ModelOptions& options, ModelConfig& config) {
  config.vision_tower_name = name;
  std::string folder = options.vision_tower;
  if (folder.empty()) folder = inner_folder(config.folder, name);
  if (!folder.empty()) {
    const std::string path = folder + "/config.json";
    const Json json = Json::parse(read_text(path, kLargestConfig), path);
    const Json* nested = json.find("vision_config");
    Fields fields(nested != nullptr && nested->is_object() ? *nested : json, path);
    config.vision_tower_folder = folder;
    VisionConfig clip;  // CLIPVisionConfig's class defaults
    clip.hidden = 768, clip.layers = 12, clip.heads = 12, clip.intermediate = 3072, clip.image_size = 224,
    clip.patch_size = 32;
    read_vision_config(fields, clip, config);
    return;
  }
  const std::string base = last_part(name);
  if (base == "clip-vit-large-patch14-336" || base == "clip-vit-large-patch14") {
    config.vision = clip_large_336();
    config.vision_read = true;
    if (base == "clip-vit-large-patch14") config.vision.image_size = 224;
    return;
  }
  config.unsupported.push_back(
      {Part::vision, "mm_vision_tower", name,
       "known are openai/clip-vit-large-patch14-336 and -patch14; of another CLIP tower give the folder: --vision-tower DIR"});
}

}  // namespace llava
