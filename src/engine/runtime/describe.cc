#include "runtime/describe.h"

#include <algorithm>

#include "kernels/backends.h"
#include "support/error.h"

namespace llava {

namespace {

Json number(int64_t value) { return Json::of(value); }
Json text(const std::string& value) { return Json::of(value); }

const char* long_name(DType type) { return type == DType::f32 ? "float32" : (type == DType::f16 ? "float16" : "bfloat16"); }

const char* aspect_name(AspectRatio aspect) {
  return aspect == AspectRatio::anyres ? "anyres" : (aspect == AspectRatio::pad ? "pad" : "crop");
}

Json optional_id(const std::optional<int64_t>& id) { return id ? number(*id) : Json(); }

Json strings(const std::vector<std::string>& list) {
  std::vector<Json> items;
  for (const std::string& item : list) items.push_back(text(item));
  return Json::array_of(std::move(items));
}

Json text_json(const TextConfig& t) {
  return Json::object_of({{"type", text(t.type)},
                          {"hidden", number(t.hidden)},
                          {"layers", number(t.layers)},
                          {"heads", number(t.heads)},
                          {"kvHeads", number(t.kv_heads)},
                          {"headSize", number(t.head_size)},
                          {"intermediate", number(t.intermediate)},
                          {"vocabularyRows", number(t.vocabulary)},
                          {"context", number(t.context)},
                          {"ropeTheta", Json::of(t.theta)},
                          {"ropeScaling", text(t.rope.type == "none" ? "none" : t.rope.type + " x" + Json::of(t.rope.factor).dump())},
                          {"normEps", Json::of(t.eps)},
                          {"qkvBias", Json::of(t.qkv_bias)},
                          {"tiedEmbeddings", Json::of(t.tied)},
                          {"slidingWindow", number(t.windows.empty() ? 0 : *std::max_element(t.windows.begin(), t.windows.end()))}});
}

Json vision_json(const VisionConfig& v) {
  return Json::object_of({{"hidden", number(v.hidden)},
                          {"layers", number(v.layers)},
                          {"layersUsed", number(v.layers_used)},
                          {"heads", number(v.heads)},
                          {"intermediate", number(v.intermediate)},
                          {"imageSize", number(v.image_size)},
                          {"patchSize", number(v.patch_size)},
                          {"selectLayer", number(v.select_layer)},
                          {"selectFeature", text(v.keep_class ? "full" : "patch")}});
}

Json plans_json(const std::vector<DevicePlan>& plans) {
  std::vector<Json> items;
  for (const DevicePlan& plan : plans) {
    items.push_back(Json::object_of({{"device", text(plan.device)},
                                     {"weights", number(plan.weights)},
                                     {"scratch", number(plan.scratch)},
                                     {"free", number(plan.free)},
                                     {"kvTokens", number(plan.kv_tokens)},
                                     {"fits", Json::of(plan.fits)}}));
  }
  return Json::array_of(std::move(items));
}

std::string merge_name(const ImageConfig& image) {
  const std::string name = image.merge == MergeType::flat ? "flat" : (image.merge == MergeType::spatial ? "spatial" : "spatial_unpad");
  return image.base ? name : name + "_nobase";
}

}  // namespace

Json describe_model(const ModelConfig& config, const std::vector<DevicePlan>& plans, bool has_weights) {
  const ParameterCount count = count_parameters(config);
  std::vector<Json> grid;
  for (const auto& [a, b] : config.image.grid) grid.push_back(Json::array_of({number(a), number(b)}));
  std::vector<Json> eos;
  for (const int64_t id : config.eos) eos.push_back(number(id));
  std::vector<Json> unsupported;
  for (const Unsupported& item : config.unsupported) {
    unsupported.push_back(Json::object_of({{"field", text(item.field)}, {"value", text(item.value)}, {"reason", text(item.reason)}}));
  }
  return Json::object_of({
      {"layout", text(config.layout == Layout::native ? "native" : "converted")},
      {"family", text(config.anyres() ? "llava-next" : "llava-1.5")},
      {"text", text_json(config.text)},
      {"vision", vision_json(config.vision)},
      {"visionTower", text(config.vision_tower_name)},
      {"projector", text(config.projector)},
      {"mergeType", text(merge_name(config.image))},
      {"aspectRatio", text(aspect_name(config.image.aspect_ratio))},
      {"gridOrder", text(config.image.grid_order == GridOrder::wh ? "wh" : "hw")},
      {"grid", Json::array_of(std::move(grid))},
      {"logitRows", number(config.logit_rows)},
      {"promptLimit", number(config.prompt_limit)},
      {"parameters", Json::object_of({{"total", number(count.total())}, {"text", number(count.text)}, {"vision", number(count.vision)}, {"projector", number(count.projector)}})},
      {"hasWeights", Json::of(has_weights)},
      {"storedDtype", text(long_name(config.stored))},
      {"dtype", text(long_name(config.work))},
      {"weightBytes", number(weight_bytes(config))},
      {"kvBytesPerToken", number(kv_bytes_per_token(config))},
      {"imageTokenId", number(config.image_token)},
      {"eosTokenIds", Json::array_of(std::move(eos))},
      {"bosTokenId", optional_id(config.bos)},
      {"padTokenId", optional_id(config.pad)},
      {"repetitionPenalty", Json::of(config.repetition_penalty)},
      {"penalizePrompt", Json::of(config.penalize_prompt)},
      {"imageStartEnd", Json::of(config.image_start_end)},
      {"imagePatchToken", Json::of(config.image_patch_token)},
      {"memoryPlan", plans_json(plans)},
      {"unsupported", Json::array_of(std::move(unsupported))},
      {"ignored", strings(config.ignored)},
      {"unknown", strings(config.unknown)},
  });
}

Json describe_checkpoint(const EngineOptions& options) {
  ModelConfig config = read_config(options.model);
  bool has_weights = TensorStore::exists(config.folder);
  if (has_weights && config.unsupported.empty()) {
    try {
      const CheckpointWeights weights(config);
    } catch (const Error& error) {
      config.unsupported.push_back({"weights", error.where(), error.problem()});
    }
  } else if (!has_weights) {
    try {
      TensorStore::open_folder(config.folder);
    } catch (const Error& error) {
      // A folder with a config alone is described; one with pickled weights only is refused by name.
      if (error.problem().find("pickled") != std::string::npos) config.unsupported.push_back({"weights", "pickled", error.problem() + ". " + error.fix()});
    }
  }
  std::vector<DevicePlan> plans;
  for (const DeviceInfo& info : list_devices()) {
    if (info.kind == "reference") continue;
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
    items.push_back(Json::object_of({{"name", text(info.kind == "cuda" ? "cuda:" + std::to_string(info.ordinal) : info.kind)},
                                     {"kind", text(info.kind)},
                                     {"model", text(info.name)},
                                     {"memoryTotal", number(static_cast<int64_t>(info.memory_total))},
                                     {"memoryFree", number(static_cast<int64_t>(info.memory_free))}}));
  }
  return Json::array_of(std::move(items));
}

}  // namespace llava
