// The tower's config: CLIP ViT or SigLIP. In converted checkpoints it is nested, in native ones mm_vision_tower only names it.

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

struct PublishedTower {
  const char* name;  // the last part of mm_vision_tower
  bool siglip;
  int64_t image_size, patch_size;
};
constexpr PublishedTower kPublished[] = {
    {"clip-vit-large-patch14-336", false, 336, 14}, {"clip-vit-large-patch14", false, 224, 14},
    {"siglip-so400m-patch14-384", true, 384, 14},   {"siglip-so400m-patch14-224", true, 224, 14},
    {"siglip2-so400m-patch14-384", true, 384, 14},  {"siglip2-so400m-patch14-224", true, 224, 14},
    {"siglip2-so400m-patch16-256", true, 256, 16},  {"siglip2-so400m-patch16-384", true, 384, 16},
    {"siglip2-so400m-patch16-512", true, 512, 16},
};

/// What a tower is that others run and this engine does not; empty: nothing is known about it.
std::string about_tower(const std::string& name) {
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (has("naflex"))
    return "SigLIP2 with flexible sizes (NaFlex) is not implemented; those of a fixed size are: siglip2-so400m-patch14-384";
  if (has("mobileclip") || has("fastvit"))
    return "FastViTHD (FastVLM) is not implemented; use an endpoint that serves it";
  if (has("imagebind") || has("open_clip") || has("mlcd") || has("EVA") || has("eva") || has("internvit"))
    return "only CLIP and SigLIP towers are implemented; use an endpoint that serves the model";
  return "";
}

}  // namespace

VisionConfig siglip_so400m() {
  VisionConfig v;
  v.type = "siglip";
  v.hidden = 1152;
  v.layers = 27;
  v.heads = 16;
  v.intermediate = 4304;
  v.image_size = 384;
  v.patch_size = 14;
  v.eps = 1e-6;
  v.activation = "gelu_pytorch_tanh";
  return v;
}

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

void read_vision_config(Fields& fields, ModelConfig& config) {
  const std::string type = fields.string("model_type", "clip_vision_model");
  const bool siglip = type == "siglip_vision_model" || type == "siglip";
  if (!siglip && type != "clip_vision_model" && type != "clip") {
    const std::string about = type.starts_with("siglip2") ? about_tower("naflex") : "";
    config.unsupported.push_back({Part::vision, "vision model_type", type,
                                  about.empty() ? "only CLIP and SigLIP towers are implemented" : about});
    return;
  }
  config.vision_read = true;
  VisionConfig& v = config.vision;
  v.type = siglip ? "siglip" : "clip";
  v.hidden = fields.integer("hidden_size", 768, 8, 1 << 16);
  v.layers = fields.integer("num_hidden_layers", 12, 1, 512);
  v.heads = fields.integer("num_attention_heads", 12, 1, 512);
  v.intermediate = fields.integer("intermediate_size", 3072, 8, 1 << 18);
  v.image_size = fields.integer("image_size", 224, 1, 4096);
  v.patch_size = fields.integer("patch_size", siglip ? 16 : 32, 1, 4096);
  v.eps = fields.number("layer_norm_eps", siglip ? 1e-6 : 1e-5, 0.0, 1.0);
  v.activation = fields.string("hidden_act", siglip ? "gelu_pytorch_tanh" : "quick_gelu");
  if (v.activation != "quick_gelu" && v.activation != "gelu" && v.activation != "gelu_pytorch_tanh") {
    config.unsupported.push_back({Part::vision, "vision hidden_act", v.activation,
                                  "only quick_gelu, gelu and gelu_pytorch_tanh towers are implemented"});
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
  if (!v.class_row()) {
    // "default" cuts the first vector off, which is CLIP's class row and here a patch.
    if (config.layout == Layout::converted && feature != "full") {
      config.unsupported.push_back({Part::vision, "vision_feature_select_strategy", feature,
                                    "a SigLIP tower has no class row to leave out; its checkpoints say full"});
    }
    return;
  }
  if (feature == "patch" || feature == "default") v.keep_class = false;
  else if (feature == "cls_patch" || feature == "full") v.keep_class = true;
  else
    config.unsupported.push_back(
        {Part::vision, "vision select feature", feature, "known are patch/default and cls_patch/full"});
}

int64_t vision_parameters(const VisionConfig& v) {
  if (v.any_size()) return any_size_parameters(v);
  const int64_t layer =
      4 * (v.hidden * v.hidden + v.hidden) + 2 * v.hidden * v.intermediate + v.intermediate + v.hidden + 4 * v.hidden;
  // CLIP: class row, norms before and after the layers; SigLIP: a bias on the patches, a norm after the layers.
  return v.hidden * 3 * v.patch_size * v.patch_size + v.hidden + v.tower_rows() * v.hidden +
         (v.class_row() ? 4 : 2) * v.hidden + v.layers * layer;
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
    read_vision_config(fields, config);
    return;
  }
  const std::string base = last_part(name);
  for (const PublishedTower& tower : kPublished) {
    if (base != tower.name) continue;
    config.vision = tower.siglip ? siglip_so400m() : clip_large_336();
    config.vision.image_size = tower.image_size;
    config.vision.patch_size = tower.patch_size;
    config.vision_read = true;
    return;
  }
  if (const std::string about = about_tower(name); !about.empty()) {
    config.unsupported.push_back({Part::vision, "mm_vision_tower", name, about});
    return;
  }
  config.unsupported.push_back(
      {Part::vision, "mm_vision_tower", name,
       "known are openai/clip-vit-large-patch14(-336) and google/siglip(2)-so400m; of another CLIP or SigLIP tower give the folder: --vision-tower DIR"});
}

}  // namespace llava
