#include "models/config.h"

#include <algorithm>

#include "models/config_parts.h"
#include "support/error.h"
#include "support/mapped_file.h"

namespace llava {

namespace {

constexpr size_t kLargestConfig = 16u << 20;
constexpr const char* kDefaultGrid = "[[336,672],[672,336],[672,672],[1008,336],[336,1008]]";
constexpr const char* kOneVisionGrid = "\"(1x1),...,(6x6)\"";

std::optional<DType> dtype_named(const std::string& name) {
  if (name == "bfloat16" || name == "torch.bfloat16") return DType::bf16;
  if (name == "float16" || name == "torch.float16") return DType::f16;
  if (name == "float32" || name == "torch.float32") return DType::f32;
  return std::nullopt;
}

void read_dtype(Fields& fields, ModelConfig& config) {
  const std::string newer = fields.string("dtype", "");
  const std::string name = fields.string("torch_dtype", newer.empty() ? "bfloat16" : newer);
  if (const auto dtype = dtype_named(name)) config.stored = *dtype;
  else config.unsupported.push_back({Part::weights, "torch_dtype", name, "known are bfloat16, float16 and float32"});
}

constexpr int64_t kMostTokens = 1 << 24;

/// Of old Llama configs -1 is none.
std::optional<int64_t> token_id(Fields& fields, const char* key) {
  const int64_t id = fields.integer(key, -1, -1, kMostTokens);
  return id < 0 ? std::nullopt : std::optional(id);
}

/// The k of "anyres_max_k"; nothing for any other text.
std::optional<int64_t> most_tiles_of(const std::string& aspect) {
  constexpr std::string_view kBegin = "anyres_max_";
  if (!aspect.starts_with(kBegin)) return std::nullopt;
  const std::string digits = aspect.substr(kBegin.size());
  if (digits.empty() || digits.size() > 4 || digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const int64_t k = std::stoll(digits);
  return k > 0 ? std::optional(k) : std::nullopt;
}

/// The state that a native tower is read at. Of SigLIP the LLaVA repository deletes the last layer and takes what comes
/// out, whatever mm_vision_select_layer says; LLaVA-MORE keeps all layers and honours it. -2 means the same to both.
void select_native_state(Fields& fields, const ModelClass& known, ModelConfig& config) {
  const int64_t layer = fields.integer("mm_vision_select_layer", -2, -1024, 1024);
  const std::string feature = fields.string("mm_vision_select_feature", "patch");
  if (!config.vision_read || config.vision.class_row()) return select_vision_state(layer, feature, config);
  if (layer != -2 && known.decoder == "llama") {
    config.unsupported.push_back({Part::vision, "mm_vision_select_layer", std::to_string(layer),
                                  "with a SigLIP tower LLaVA-NeXT ignores it and LLaVA-MORE honours it; "
                                  "only -2, where they agree, is implemented"});
  }
  if (layer != -2 && known.decoder != "llama")
    config.ignored.push_back("mm_vision_select_layer " + std::to_string(layer) +
                             " (the reference takes all of a SigLIP tower's layers but the last)");
  if (config.vision.layers < 2)
    throw Error("a SigLIP tower of one layer has none left", fields.where(), "Correct the file.");
  config.vision.layers -= 1;
  select_vision_state(-1, feature, config);
}

/// What a prompt's images are read as where nothing else is said: each as if it were alone.
SeveralImages each_alone(const ImageConfig& image) {
  switch (image.aspect_ratio) {
    case AspectRatio::anyres: return SeveralImages::anyres;
    case AspectRatio::pad: return SeveralImages::list_pad;
    case AspectRatio::crop:
    case AspectRatio::squeeze: return SeveralImages::list_square;
    case AspectRatio::any_size: return SeveralImages::each;
  }
  return SeveralImages::anyres;
}

void read_native(Fields& fields, const ModelClass& known, const ModelOptions& options, ModelConfig& config) {
  read_text_config(fields, *find_decoder(known.decoder), options, config);
  if (fields.boolean("s2", false)) {
    fields.any("s2_scales");
    config.unsupported.push_back({Part::vision, "s2", "true",
                                  "features of several scales (S2) are not implemented; use an endpoint that serves "
                                  "the model"});
  }
  read_native_tower(fields.string("mm_vision_tower", "openai/clip-vit-large-patch14-336"), options, config);
  select_native_state(fields, known, config);
  if (!config.vision.class_row()) config.image.mean = config.image.std = {0.5, 0.5, 0.5};
  if (const int64_t d = fields.integer("mm_hidden_size", config.vision.hidden, 1, 1 << 20);
      config.vision_read && d != config.vision.hidden) {
    config.unsupported.push_back(
        {Part::vision, "mm_hidden_size", std::to_string(d), "the tower gives " + std::to_string(config.vision.hidden)});
  }

  config.projector = fields.string("mm_projector_type", "linear");
  const std::string& p = config.projector;
  if (p == "linear") {
    config.projector_layers = 1;
  } else if (p.starts_with("mlp") && p.ends_with("x_gelu") && p.size() == 10 && p[3] >= '1' && p[3] <= '9') {
    config.projector_layers = p[3] - '0';
  } else {
    config.unsupported.push_back({Part::projector, "mm_projector_type", p, "known are linear and mlp{k}x_gelu"});
  }

  const std::string merge = fields.string("mm_patch_merge_type", "flat");
  ImageConfig& image = config.image;
  image.base = merge.find("nobase") == std::string::npos;
  if (merge == "flat") image.merge = MergeType::flat;
  else if (merge == "spatial" || merge == "spatial_nobase") image.merge = MergeType::spatial;
  else if (merge == "spatial_unpad" || merge == "spatial_unpad_nobase" || merge == "spatial_nobase_unpad")
    image.merge = MergeType::spatial_unpad;
  else
    config.unsupported.push_back(
        {Part::image, "mm_patch_merge_type", merge, "known are flat, spatial and spatial_unpad, each with _nobase"});
  image.newline = image.merge == MergeType::spatial_unpad;

  const std::string aspect = fields.string("image_aspect_ratio", "square");
  if (aspect == "anyres") image.aspect_ratio = AspectRatio::anyres;
  else if (const auto most = most_tiles_of(aspect)) image.aspect_ratio = AspectRatio::anyres, image.most_tiles = *most;
  else if (aspect == "pad") image.aspect_ratio = AspectRatio::pad;
  else if (aspect == "square" || aspect == "original") image.aspect_ratio = config.whole();
  else
    config.unsupported.push_back(
        {Part::image, "image_aspect_ratio", aspect, "known are anyres, anyres_max_k, pad and square"});
  image.grid_order = GridOrder::wh;
  const Json* grid = fields.any("image_grid_pinpoints");
  if (image.aspect_ratio == AspectRatio::anyres) {
    if (grid == nullptr)
      throw Error("image_aspect_ratio is anyres but image_grid_pinpoints is missing", fields.where(),
                  "Correct the file.");
    // Of a tower that is not known (and refused) the tile's side is not known either; an unknown decoder is said before its grid.
    if (config.vision_read && config.text_read) image.grid = read_grid(*grid, config.vision.image_size, fields.where());
  }

  // Several images, as those who published numbers hand them over: OneVision's evaluation pads and stacks them, the
  // interleaved models' own script squeezes each.
  image.several = each_alone(image);
  if (config.vision.type == "siglip" && image.aspect_ratio == AspectRatio::anyres)
    image.several = image.most_tiles > 0 ? SeveralImages::stacked_pad : SeveralImages::list_square;
  read_native_clip(fields, config);

  config.prompt_limit =
      fields.integer("tokenizer_model_max_length", 0, 0, int64_t{1} << 40) * options.rope_factor.value_or(1);
  config.image_start_end = fields.boolean("mm_use_im_start_end", false);
  config.image_patch_token = fields.boolean("mm_use_im_patch_token", false);
  for (const std::string& key : fields.unread()) {
    if (is_training_field(key)) config.ignored.push_back(key);
    else if (key.starts_with("mm_"))
      config.unsupported.push_back(
          {Part::image, key, fields.json().find(key)->dump().substr(0, 60), "this multimodal field is not known"});
    else config.unknown.push_back(key);
  }
  read_preprocessor(config.vision_tower_folder.empty() ? config.folder : config.vision_tower_folder, config);
}

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

void read_token_ids(const Json& root, ModelConfig& config) {
  const Json* text = root.find("text_config");
  const std::string where = config.folder + "/config.json";
  Fields outer(root, where);
  config.bos = token_id(outer, "bos_token_id");
  config.pad = token_id(outer, "pad_token_id");
  config.eos = outer.integers("eos_token_id", 0, kMostTokens);
  if (text != nullptr && text->is_object()) {
    Fields inner(*text, where + ", text_config");
    if (!config.bos) config.bos = token_id(inner, "bos_token_id");
    if (!config.pad) config.pad = token_id(inner, "pad_token_id");
    if (config.eos.empty()) config.eos = inner.integers("eos_token_id", 0, kMostTokens);
  }

  const std::string path = config.folder + "/generation_config.json";
  if (!is_file(path)) return;
  const Json generation = Json::parse(read_text(path, kLargestConfig), path);
  if (!generation.is_object()) throw Error("the file holds no object", path, "Download it again.");
  Fields fields(generation, path);
  // The file, where it exists, decides alone which ids end an answer (specs chapter 7).
  const std::vector<int64_t> ends = fields.integers("eos_token_id", 0, kMostTokens);
  if (!ends.empty()) config.eos = ends;
  config.repetition_penalty = fields.number("repetition_penalty", 1.0, 1e-3, 1e3);
  fields.ignore(harmless_fields(FieldObject::generation));
  for (const std::string& key : fields.unread()) {
    if (!changes_nothing(key, *generation.find(key))) config.unknown.push_back("generation_config." + key);
  }
}

/// How images are resized, and to what.
void apply_image_options(const ModelOptions& options, ModelConfig& config) {
  ImageConfig& image = config.image;
  if (options.resizer) image.resizer = *options.resizer;
  const bool sized = options.min_pixels || options.max_pixels || options.resized_first;
  if (config.vision_read && !config.vision.any_size() && sized)
    throw Error("the checkpoint's tower takes images of one size alone", "option of pixels", "Leave it out.");
  if (config.vision_read && config.vision.any_size() && options.aspect_ratio)
    throw Error("the checkpoint's tower takes images of any size: they keep their shape", "aspect ratio option",
                "Leave it out.");
  image.resized_first = options.resized_first;
  if (options.min_pixels) image.pixels.least = *options.min_pixels;
  if (options.max_pixels) image.pixels.most = *options.max_pixels;
  if (config.vision.any_size() &&
      (image.pixels.least < 1 || image.pixels.least > image.pixels.most || image.pixels.most > int64_t{1} << 30 ||
       image.pixels.most < config.vision.factor() * config.vision.factor())) {
    throw Error("images of " + std::to_string(image.pixels.least) + " to " + std::to_string(image.pixels.most) +
                    " pixels cannot be made of squares of " + std::to_string(config.vision.factor()),
                "min_pixels and max_pixels", "Give bounds in order, the larger one at least one square.");
  }
}

void apply_options(const ModelOptions& options, ModelConfig& config) {
  if (options.merge) config.image.merge = *options.merge;
  if (options.grid_order) config.image.grid_order = *options.grid_order;
  if (options.unpad_rounding) config.image.unpad_rounding = *options.unpad_rounding;
  apply_image_options(options, config);
  if (options.aspect_ratio) {
    if (*options.aspect_ratio == AspectRatio::anyres && config.vision_read && config.image.grid.empty()) {
      throw Error("the checkpoint has no grid for anyres", "aspect ratio option", "Choose pad or crop.");
    }
    const bool changed = *options.aspect_ratio != config.image.aspect_ratio;
    config.image.aspect_ratio = *options.aspect_ratio;
    if (changed) config.image.several = each_alone(config.image);
  }
  if (options.several) {
    const bool whole = *options.several == SeveralImages::each || *options.several == SeveralImages::hub;
    if (config.vision_read && (whole != config.vision.any_size() ||
                               (*options.several == SeveralImages::hub && config.vision.type != "rice"))) {
      throw Error(whole ? "each is for towers that take images of any size, hub for OneVision-1.5's alone"
                        : "the checkpoint's tower takes images of any size: there are no tiles to read them as",
                  "several images option", "Leave it out, or run `llava-eval model` to see what the checkpoint is.");
    }
    if (*options.several == SeveralImages::anyres && config.vision_read && config.image.grid.empty())
      throw Error("the checkpoint has no grid for anyres", "several images option", "Choose one of the others.");
    config.image.several = *options.several;
  }
  apply_clip_options(options, config);
  config.work = options.dtype.value_or(config.stored);
  config.quantisation = options.quantisation;
  if (options.quantisation != "none" && options.quantisation != "int8" && options.quantisation != "fp8") {
    throw Error("'" + options.quantisation + "' is no weight compression", "quantisation option",
                "Write none, int8 or fp8.");
  }
  if (config.text_read && (options.logit_rows < 0 || options.logit_rows > config.text.vocabulary)) {
    throw Error("logit rows " + std::to_string(options.logit_rows) + " exceed the " +
                    std::to_string(config.text.vocabulary) + " rows of the checkpoint",
                "logit rows option", "Check that tokenizer and checkpoint belong together.");
  }
  config.logit_rows = options.logit_rows > 0 ? options.logit_rows : config.text.vocabulary;
  if (config.vision.keep_class && config.image.merge != MergeType::flat) {
    config.unsupported.push_back({Part::image, "vision select feature", "class token kept",
                                  "with a spatial merge the patches must form a square"});
  }
}

/// The class of a config: by its model_type and architecture, and where they do not tell the layouts apart ("llava" is
/// both) by the objects that only one of them has. A class that is not known is refused before any shape is looked at.
const ModelClass* read_class(Fields& fields, const Json& root, ModelConfig& config) {
  config.model_type = fields.string("model_type", "");
  std::string architecture;
  if (const Json* list = fields.any("architectures"); list != nullptr && !list->items().empty()) {
    if (const std::string* first = list->items()[0].string()) architecture = *first;
  }
  bool multimodal = false;
  for (const auto& [key, value] : root.members()) multimodal = multimodal || key.starts_with("mm_");
  std::optional<Layout> layout;
  if (root.find("text_config") != nullptr || root.find("vision_config") != nullptr) layout = Layout::converted;
  else if (multimodal) layout = Layout::native;

  if (config.model_type.empty() && architecture.empty()) {
    config.unsupported.push_back(
        {Part::model, "model_type", "nothing", "the config names no class; give the folder of a LLaVA checkpoint"});
    return nullptr;
  }
  const ModelClass* known = find_class(config.model_type, architecture, layout);
  if (known == nullptr) {
    const bool by_type = config.model_type.empty() || find_class(config.model_type, "", std::nullopt) != nullptr;
    const std::string name = by_type && !architecture.empty() ? architecture : config.model_type;
    config.unsupported.push_back({Part::model, by_type && !architecture.empty() ? "architectures" : "model_type", name,
                                  about_class(config.model_type, architecture)});
  } else if (!layout) {
    config.unsupported.push_back(
        {Part::model, "model_type", config.model_type,
         "the config has neither mm_... fields (LLaVA repository) nor text_config and vision_config (transformers)"});
    return nullptr;
  }
  return known;
}

}  // namespace

ModelConfig read_config(const ModelOptions& options) {
  ModelConfig config;
  config.folder = options.path;
  if (!is_folder(options.path)) throw Error("no such folder", options.path, "Give the folder of a checkpoint.");
  const std::string path = options.path + "/config.json";
  if (!is_file(path))
    throw Error("the folder has no config.json", options.path, "Give the folder of a LLaVA checkpoint.");
  const Json root = Json::parse(read_text(path, kLargestConfig), path);
  if (!root.is_object()) throw Error("the file holds no object", path, "Download it again.");
  Fields fields(root, path);
  const ModelClass* known = read_class(fields, root, config);
  if (known == nullptr) return config;
  config.layout = known->layout;
  read_dtype(fields, config);
  if (config.layout == Layout::converted) read_converted(fields, *known, options, config);
  else read_native(fields, *known, options, config);
  read_token_ids(root, config);
  apply_options(options, config);
  return config;
}

ClipNewline ModelConfig::clip_newlines() const {
  if (image.merge == MergeType::flat || clip.place == PoolPlace::before_projector) return ClipNewline::no_token;
  // The reference asks for "unpad" in the merge type here, and here only.
  const bool needs_unpad = clip.newline == ClipNewline::one_token && image.merge != MergeType::spatial_unpad;
  return needs_unpad ? ClipNewline::no_token : clip.newline;
}

Reading ModelConfig::alone() const {
  return {.aspect = image.aspect_ratio, .newline = image.merge == MergeType::spatial_unpad};
}

std::vector<Reading> ModelConfig::readings(std::span<const int32_t> clips) const {
  Reading still = alone();
  if (std::ranges::count_if(clips, [](int32_t clip) { return clip < 0; }) > 1) {
    switch (image.several) {
      case SeveralImages::anyres: still.aspect = AspectRatio::anyres; break;
      case SeveralImages::list_pad: still.aspect = AspectRatio::pad; break;
      case SeveralImages::stacked_pad: still.aspect = AspectRatio::pad, still.newline = false; break;
      case SeveralImages::list_square: still.aspect = whole(); break;
      case SeveralImages::stacked_square: still.aspect = whole(), still.newline = false; break;
      case SeveralImages::each:
      case SeveralImages::hub: break;
    }
  }
  std::vector<Reading> out;
  for (size_t i = 0; i < clips.size(); ++i) {
    const bool last = i + 1 == clips.size() || clips[i + 1] != clips[i];
    out.push_back(clips[i] < 0 ? still : Reading{.aspect = whole(), .frame = true, .last = last});
    if (image.several == SeveralImages::hub) out.back().early = static_cast<int64_t>(i);
  }
  return out;
}

bool ModelConfig::supports(Part part) const {
  return std::ranges::none_of(
      unsupported, [part](const Unsupported& item) { return item.part == part || item.part == Part::model; });
}

ParameterCount count_parameters(const ModelConfig& config) {
  ParameterCount count;
  const int64_t h = config.text.hidden;
  count.text = text_parameters(config.text);
  count.vision = vision_parameters(config.vision);
  const int64_t bias = config.projector_bias ? h : 0;
  if (config.vision.any_size()) {
    count.projector = merger_parameters(config);
    return count;
  }
  count.projector =
      config.vision.hidden * h + bias + (config.projector_layers - 1) * (h * h + bias) + (config.image.newline ? h : 0);
  return count;
}

int64_t weight_bytes(const ModelConfig& config) {
  const auto element = static_cast<int64_t>(size_of(config.work));
  const int64_t all = count_parameters(config).total() * element;
  if (config.quantisation == "none") return all;
  const TextConfig& t = config.text;
  const int64_t linears =
      t.layers * (t.hidden * (2 * t.heads + 2 * t.kv_heads) * t.head_size + 3 * t.hidden * t.intermediate);
  return all - linears * (element - 1);
}

int64_t kv_bytes_per_token(const ModelConfig& config) {
  const TextConfig& t = config.text;
  return 2 * t.layers * t.kv_heads * t.head_size * static_cast<int64_t>(size_of(config.work));
}

std::optional<Error> refusal(const ModelConfig& config) {
  if (config.unsupported.empty()) return std::nullopt;
  const Unsupported& first = config.unsupported.front();
  const std::string where = config.folder + "/config.json";
  if (!first.fix.empty()) return Error(first.reason, first.value, first.fix);
  if (first.part == Part::model) {
    return Error(first.value + " is no model of this engine: " + first.reason, where,
                 "Use a remote --model (an endpoint that serves it), or another checkpoint.");
  }
  return Error("the engine does not support " + first.field + " = " + first.value + ": " + first.reason, where,
               "Run `llava-eval model " + config.folder + "` for the whole list, or use a remote --model.");
}

void require_supported(const ModelConfig& config) {
  if (const auto error = refusal(config)) throw *error;
}

}  // namespace llava
