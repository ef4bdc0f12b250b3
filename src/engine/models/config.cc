#include "models/config.h"

#include <algorithm>

#include "models/config_parts.h"
#include "support/error.h"
#include "support/mapped_file.h"

namespace llava {

namespace {

constexpr size_t kLargestConfig = 16u << 20;

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
