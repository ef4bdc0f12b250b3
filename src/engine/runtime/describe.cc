#include "runtime/describe.h"

#include <algorithm>
#include <array>

#include "kernels/backends.h"
#include "models/config_parts.h"
#include "models/image/anyres.h"
#include "support/error.h"

namespace llava {

namespace {

Json number(int64_t value) { return Json::of(value); }
Json named(const std::string& value) { return Json::of(value); }

const char* long_name(DType type) {
  return type == DType::f32 ? "float32" : (type == DType::f16 ? "float16" : "bfloat16");
}

const char* aspect_name(AspectRatio aspect) {
  constexpr std::array kNames = {"anyres", "pad", "crop", "squeeze", "any-size"};
  return kNames[static_cast<size_t>(aspect)];
}

const char* several_name(SeveralImages several) {
  constexpr std::array kNames = {"anyres", "list-pad", "stacked-pad", "list-square", "stacked-square", "each", "hub"};
  return kNames[static_cast<size_t>(several)];
}

Json clips_json(const ModelConfig& config) {
  const ClipConfig& clip = config.clip;
  constexpr std::array kPools = {"bilinear", "average", "max"};
  constexpr std::array kNewlines = {"grid", "frame", "one_token", "no_token"};
  return Json::object_of(
      {{"pool", named(kPools[static_cast<size_t>(clip.pool)])},
       {"place", named(clip.place == PoolPlace::after_projector ? "after-projector" : "before-projector")},
       {"newline", named(kNewlines[static_cast<size_t>(config.clip_newlines())])},
       {"refusal", clip.refusal.empty() ? Json() : named(clip.refusal)}});
}

const char* resizer_name(Resizer resizer) {
  constexpr std::array kNames = {"pillow", "pillow-12.2", "pillow-13", "torchvision"};
  return kNames[static_cast<size_t>(resizer)];
}

/// Of images of any size: what they are resized to. Null for towers of tiles.
Json pixels_json(const ModelConfig& config) {
  if (!config.vision.any_size()) return Json();
  return Json::object_of({{"factor", number(config.vision.factor())},
                          {"least", number(config.image.pixels.least)},
                          {"most", number(config.image.pixels.most)},
                          {"resizedFirst", Json::of(config.image.resized_first)}});
}

std::string family_name(const ModelConfig& config) {
  if (config.vision.any_size()) return config.vision.type == "rice" ? "llava-onevision-1.5" : "llava-onevision-2";
  if (config.clip.refusal.empty() && config.clip.place == PoolPlace::before_projector) return "llava-next-video";
  if (config.image.most_tiles > 0) return "llava-onevision";
  return config.anyres() ? "llava-next" : "llava-1.5";
}

Json optional_id(const std::optional<int64_t>& id) { return id ? number(*id) : Json(); }

Json strings(const std::vector<std::string>& list) {
  std::vector<Json> items;
  for (const std::string& item : list) items.push_back(named(item));
  return Json::array_of(std::move(items));
}

Json text_json(const TextConfig& t) {
  return Json::object_of(
      {{"type", named(t.type)},
       {"hidden", number(t.hidden)},
       {"layers", number(t.layers)},
       {"heads", number(t.heads)},
       {"kvHeads", number(t.kv_heads)},
       {"headSize", number(t.head_size)},
       {"intermediate", number(t.intermediate)},
       {"vocabularyRows", number(t.vocabulary)},
       {"context", number(t.context)},
       {"ropeTheta", Json::of(t.theta)},
       {"ropeScaling", named(t.rope.type == "none" ? "none" : t.rope.type + " x" + Json::of(t.rope.factor).dump())},
       {"normEps", Json::of(t.eps)},
       {"qkvBias", Json::of(t.qkv_bias)},
       {"queryKeyNorm", Json::of(t.query_key_norm)},
       {"tiedEmbeddings", Json::of(t.tied)},
       {"slidingWindow", number(t.windows.empty() ? 0 : *std::max_element(t.windows.begin(), t.windows.end()))}});
}

Json vision_json(const VisionConfig& v) {
  return Json::object_of({{"type", named(v.type)},
                          {"hidden", number(v.hidden)},
                          {"layers", number(v.layers)},
                          {"layersUsed", number(v.layers_used)},
                          {"heads", number(v.heads)},
                          {"intermediate", number(v.intermediate)},
                          {"imageSize", number(v.image_size)},
                          {"patchSize", number(v.patch_size)},
                          {"mergeSize", number(v.merge)},
                          {"selectLayer", number(v.select_layer)},
                          {"selectFeature", named(v.keep_class ? "full" : "patch")}});
}

Json plans_json(const std::vector<DevicePlan>& plans) {
  std::vector<Json> items;
  for (const DevicePlan& plan : plans) {
    items.push_back(Json::object_of({{"device", named(plan.device)},
                                     {"weights", number(plan.weights)},
                                     {"scratch", number(plan.scratch)},
                                     {"free", number(plan.free)},
                                     {"kvTokens", number(plan.kv_tokens)},
                                     {"fits", Json::of(plan.fits)}}));
  }
  return Json::array_of(std::move(items));
}

std::string merge_name(const ImageConfig& image) {
  const std::string name =
      image.merge == MergeType::flat ? "flat" : (image.merge == MergeType::spatial ? "spatial" : "spatial_unpad");
  return image.base ? name : name + "_nobase";
}

}  // namespace

Json describe_model(const ModelConfig& config, const std::vector<DevicePlan>& plans, bool has_weights) {
  // What follows from something unsupported is unknown: null, and no number that a default would make.
  const auto when = [](bool known, Json value) { return known ? std::move(value) : Json(); };
  const bool known = config.supports(Part::model);
  const bool text = config.text_read && config.supports(Part::text);
  const bool vision = config.vision_read && config.supports(Part::vision);
  const bool projector = text && vision && config.supports(Part::projector);
  const bool image = vision && config.supports(Part::image);
  const ParameterCount count = projector ? count_parameters(config)
                                         : ParameterCount{text ? text_parameters(config.text) : 0,
                                                          vision ? vision_parameters(config.vision) : 0, 0};
  std::vector<Json> grid;
  for (const auto& [a, b] : config.image.grid) grid.push_back(Json::array_of({number(a), number(b)}));
  std::vector<Json> eos;
  for (const int64_t id : config.eos) eos.push_back(number(id));
  std::vector<Json> unsupported;
  for (const Unsupported& item : config.unsupported) {
    unsupported.push_back(
        Json::object_of({{"field", named(item.field)}, {"value", named(item.value)}, {"reason", named(item.reason)}}));
  }
  Json refused;
  if (const auto error = refusal(config)) {
    refused = Json::object_of(
        {{"problem", named(error->problem())}, {"where", named(error->where())}, {"fix", named(error->fix())}});
  }
  return Json::object_of({
      {"modelType", named(config.model_type)},
      {"layout", when(known, named(config.layout == Layout::native ? "native" : "converted"))},
      {"family", when(known && config.supports(Part::image), named(family_name(config)))},
      {"text", when(config.text_read, text_json(config.text))},
      {"vision", when(config.vision_read, vision_json(config.vision))},
      {"visionTower", named(config.vision_tower_name)},
      {"projector", when(known && config.supports(Part::projector), named(config.projector))},
      {"mergeType", when(known && config.supports(Part::image), named(merge_name(config.image)))},
      {"aspectRatio", when(known && config.supports(Part::image), named(aspect_name(config.image.aspect_ratio)))},
      {"images", when(known && config.supports(Part::image), named(several_name(config.image.several)))},
      {"resizer", when(known && config.supports(Part::image), named(resizer_name(config.image.resizer)))},
      {"pixels", when(image, pixels_json(config))},
      {"clips", when(known && config.supports(Part::image), clips_json(config))},
      {"gridOrder", when(known, named(config.image.grid_order == GridOrder::wh ? "wh" : "hw"))},
      {"grid", when(image, Json::array_of(std::move(grid)))},
      {"mostImageTokens", when(image, number(image ? most_image_tokens(config) : 0))},
      {"logitRows", when(config.text_read, number(config.logit_rows))},
      {"promptLimit", number(config.prompt_limit)},
      {"parameters", Json::object_of({{"total", when(projector, number(count.total()))},
                                      {"text", when(text, number(count.text))},
                                      {"vision", when(vision, number(count.vision))},
                                      {"projector", when(projector, number(count.projector))}})},
      {"hasWeights", Json::of(has_weights)},
      {"storedDtype", when(known, named(long_name(config.stored)))},
      {"dtype", when(known, named(long_name(config.work)))},
      {"weightBytes", when(projector, number(projector ? weight_bytes(config) : 0))},
      {"kvBytesPerToken", when(text, number(kv_bytes_per_token(config)))},
      {"imageTokenId", when(known, number(config.image_token))},
      {"eosTokenIds", Json::array_of(std::move(eos))},
      {"bosTokenId", optional_id(config.bos)},
      {"padTokenId", optional_id(config.pad)},
      {"repetitionPenalty", Json::of(config.repetition_penalty)},
      {"penalizePrompt", Json::of(config.penalize_prompt)},
      {"imageStartEnd", Json::of(config.image_start_end)},
      {"imagePatchToken", Json::of(config.image_patch_token)},
      {"memoryPlan", plans_json(plans)},
      {"refusal", std::move(refused)},
      {"unsupported", Json::array_of(std::move(unsupported))},
      {"ignored", strings(config.ignored)},
      {"unknown", strings(config.unknown)},
  });
}

Json describe_checkpoint(const EngineOptions& options) {
  ModelConfig config = read_config(options.model);
  const bool has_weights = TensorStore::exists(config.folder);
  bool own_head = false;
  if (has_weights && config.unsupported.empty()) {
    try {
      const CheckpointWeights weights(config);
      own_head = weights.own_head();
    } catch (const Error& error) {
      config.unsupported.push_back({Part::weights, "weights", error.where(), error.problem(), error.fix()});
    }
  } else if (!has_weights) {
    try {
      TensorStore::open_folder(config.folder);
    } catch (const Error& error) {
      // A folder with a config alone is described; one with pickled weights only is refused by name.
      if (error.problem().find("pickled") != std::string::npos)
        config.unsupported.push_back({Part::weights, "weights", "pickled", error.problem() + ". " + error.fix()});
    }
  }
  config.text.tied = config.text.tied && !own_head;
  std::vector<DevicePlan> plans;
  const bool countable =
      std::ranges::all_of(config.unsupported, [](const Unsupported& item) { return item.part == Part::weights; });
  for (const DeviceInfo& info : list_devices()) {
    if (info.kind == "reference" || !countable) continue;
    EngineOptions one = options;
    one.device = info.kind == "cuda" ? "cuda:" + std::to_string(info.ordinal) : info.kind;
    const std::vector<std::unique_ptr<Ops>> devices = open_devices(one);
    plans.push_back(plan_memory(config, one, {devices[0].get()}).devices[0]);
  }
  return describe_model(config, plans, has_weights);
}

Json describe_devices() {
  std::vector<Json> items;
  for (const DeviceInfo& info : list_devices()) {
    items.push_back(
        Json::object_of({{"name", named(info.kind == "cuda" ? "cuda:" + std::to_string(info.ordinal) : info.kind)},
                         {"kind", named(info.kind)},
                         {"model", named(info.name)},
                         {"memoryTotal", number(static_cast<int64_t>(info.memory_total))},
                         {"memoryFree", number(static_cast<int64_t>(info.memory_free))}}));
  }
  return Json::array_of(std::move(items));
}

Json describe_cuda() {
#ifdef LLAVA_CUDA
  return Json::object_of({{"problem", named(find_cuda().problem)}, {"cublasLt", named(find_cublaslt())}});
#else
  return Json();
#endif
}

}  // namespace llava
