#include "runtime/memory_plan.h"

#include <algorithm>

#include "kernels/backends.h"
#include "models/image/anyres.h"
#include "runtime/image_slots.h"
#include "support/error.h"

namespace llava {

namespace {

constexpr int64_t kReserve = int64_t{512} << 20;  // left to the driver and the rest of the process
constexpr int64_t kMostKvTokens = int64_t{1} << 22;
constexpr int64_t kUnknownFree = int64_t{4} << 30;

/// Bytes of the weights on stage `stage` of `stages`. A CPU reads the rows of the embedding table from the file.
int64_t stage_weights(const ModelConfig& config, size_t stage, size_t stages, bool cuda) {
  const auto element = static_cast<int64_t>(size_of(config.work));
  const TextConfig& t = config.text;
  const ParameterCount count = count_parameters(config);
  const int64_t table = t.vocabulary * t.hidden * element;
  const int64_t head = config.logit_rows * t.hidden * element;
  const int64_t body = weight_bytes(config) - (count.vision + count.projector) * element - (t.tied ? 1 : 2) * table;
  const LayerRange range = LlavaModel::stage_range(config, stage, stages);
  int64_t bytes = body / t.layers * (range.end - range.first);
  if (stage == 0) bytes += (cuda ? table : 0) + (count.vision + count.projector) * element;
  if (stage + 1 == stages) bytes += head;
  return bytes;
}

std::string gib(int64_t bytes) {
  const int64_t hundredths = bytes * 100 / (int64_t{1} << 30);
  const std::string fraction = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (fraction.size() == 1 ? "0" : "") + fraction + " GiB";
}

std::string plan_text(const EnginePlan& plan) {
  std::string text;
  for (const DevicePlan& device : plan.devices) {
    text += (text.empty() ? "" : "; ") + device.device + ": weights " + gib(device.weights) + ", scratch " +
            gib(device.scratch) + ", usable " + gib(device.free) + ", KV cache for " +
            std::to_string(device.kv_tokens) + " tokens";
  }
  return text;
}

}  // namespace

std::vector<std::unique_ptr<Ops>> open_devices(const EngineOptions& options) {
  std::vector<std::unique_ptr<Ops>> devices;
  OpenOptions open;
  open.threads = options.threads;
  open.instructions = options.instructions;
  open.cublaslt_path = options.cublaslt_path;
  size_t start = 0;
  while (start <= options.device.size()) {
    const size_t comma = std::min(options.device.find(',', start), options.device.size());
    devices.push_back(open_device(options.device.substr(start, comma - start), open));
    start = comma + 1;
  }
  for (const auto& device : devices) {
    if (device->info().kind != devices[0]->info().kind)
      throw Error("devices of different kinds cannot share a model", "device " + options.device,
                  "Name devices of one kind.");
  }
  return devices;
}

EnginePlan plan_memory(const ModelConfig& config, const EngineOptions& options, const std::vector<Ops*>& devices) {
  const auto stages = static_cast<int64_t>(devices.size());
  if (stages > config.text.layers) {
    throw Error("a model of " + std::to_string(config.text.layers) + " layers cannot be split over " +
                    std::to_string(stages) + " devices",
                "device " + options.device, "Name at most " + std::to_string(config.text.layers) + ".");
  }
  EnginePlan plan;
  const bool cuda = devices[0]->info().kind == "cuda";
  const int64_t image_tiles = most_tiles(config);
  plan.token_budget = options.token_budget > 0 ? options.token_budget : (cuda ? 8192 : 1024);
  plan.most_sequences = options.most_sequences > 0 ? options.most_sequences : (cuda ? 128 : 16);
  plan.image_slots = cuda ? 8 : 4;
  plan.sizes.prefill_rows = plan.token_budget;
  plan.sizes.decode_rows = plan.most_sequences;
  plan.sizes.logit_rows = std::max<int64_t>(plan.most_sequences, 64);
  plan.sizes.tiles = cuda ? std::max(image_tiles, std::min<int64_t>(2 * image_tiles, 16)) : image_tiles;
  // Of a tower with 577 rows a tile: two images of five tiles on a GPU, one on a CPU.
  plan.sizes.tower_tiles =
      config.vision.any_size()
          ? 1
          : std::clamp<int64_t>((cuda ? 10 : 5) * 577 / config.vision.tower_rows(), 1, plan.sizes.tiles);
  const int64_t asked =
      options.max_context > 0 ? std::min(options.max_context, config.text.context) : config.text.context;
  plan.sizes.context = asked;

  int64_t pages = kMostKvTokens / kPageTokens;
  for (size_t i = 0; i < devices.size(); ++i) {
    DevicePlan device;
    const DeviceInfo info = devices[i]->info();
    device.device = info.kind == "cuda" ? "cuda:" + std::to_string(info.ordinal) : info.kind;
    device.weights = stage_weights(config, i, devices.size(), cuda);
    device.scratch = DecoderStage::activation_bytes(config, std::max(plan.sizes.prefill_rows, plan.sizes.decode_rows),
                                                    plan.sizes.logit_rows, i + 1 == devices.size()) +
                     static_cast<int64_t>(devices[i]->scratch_bytes(LlavaModel::limits(config, plan.sizes)));
    if (i == 0)
      device.scratch += (config.vision.any_size() ? AnySizeTower::activation_bytes(config)
                                                  : VisionTower::activation_bytes(config, plan.sizes.tower_tiles)) +
                        ImageSlots::bytes(config, plan.sizes, plan.image_slots);
    const auto known = static_cast<int64_t>(info.memory_free);
    device.free =
        options.memory > 0 ? options.memory : std::max<int64_t>((known > 0 ? known : kUnknownFree) - kReserve, 0);
    // Stages on one GPU share its memory.
    device.free /=
        std::ranges::count_if(devices, [&](const Ops* other) { return other->info().ordinal == info.ordinal; });
    const LayerRange range = LlavaModel::stage_range(config, i, devices.size());
    device.kv_per_page = kv_bytes_per_token(config) / config.text.layers * (range.end - range.first) * kPageTokens;
    const int64_t left = std::max<int64_t>(device.free - device.weights - device.scratch, 0);
    device.kv_tokens = left / device.kv_per_page * kPageTokens;
    device.fits = device.kv_tokens >= std::min<int64_t>(asked, most_tokens(config) + 2 * kPageTokens);
    pages = std::min(pages, std::max<int64_t>(left / device.kv_per_page - 1, 0));  // one is spare
    plan.devices.push_back(device);
  }
  // No more than every seat at full length: a CPU touches pages only when they are used, but a GPU would hold them all.
  const int64_t useful = plan.most_sequences * ((asked + kPageTokens - 1) / kPageTokens + 1);
  plan.pages = std::min(pages, useful);
  plan.context = std::min(asked, plan.pages * kPageTokens);
  return plan;
}

void require_fits(const EnginePlan& plan) {
  for (const DevicePlan& device : plan.devices) {
    if (device.fits) continue;
    throw OutOfMemory(
        "the model does not fit " + device.device + ": " + plan_text(plan) +
            ". Use more devices (--device cuda:0,cuda:1), weight compression, or a smaller --max-context.",
        static_cast<size_t>(device.weights + device.scratch), static_cast<size_t>(device.free));
  }
}

}  // namespace llava
