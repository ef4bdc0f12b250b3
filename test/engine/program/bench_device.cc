#include "program/bench_device.h"

#include <algorithm>

#include "kernels/backends.h"
#include "models/image/tiles.h"
#include "models/llava.h"
#include "program/asking.h"
#include "program/probe.h"
#include "program/request_set.h"
#include "support/json.h"

namespace llava {

namespace {

std::unique_ptr<Ops> first_device(const EngineOptions& options) {
  return open_device(options.device.substr(0, options.device.find(',')),
                     {options.threads, options.instructions, options.cublaslt_path});
}

/// Seconds of one call of `body`, which queues work: the best of three runs of as many calls as take a tenth of a
/// second.
template <typename Body>
double seconds_of(Ops& ops, Body body) {
  const auto run = [&](int64_t calls) {
    ops.synchronize();
    const auto start = Clock::now();
    for (int64_t i = 0; i < calls; ++i) body(i);
    ops.synchronize();
    return seconds_since(start) / static_cast<double>(calls);
  };
  run(1);
  const auto calls = static_cast<int64_t>(std::clamp(0.1 / run(1), 1.0, 1000.0));
  return std::min({run(calls), run(calls), run(calls)});
}

/// Random values of `type`, [rows, cols].
std::vector<char> random_matrix(int64_t rows, int64_t cols, DType type, float spread) {
  std::vector<char> data(static_cast<size_t>(rows * cols) * size_of(type));
  uint64_t state = 1;
  for (int64_t i = 0; i < rows * cols; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    store_float(data.data(), type, i, spread * static_cast<float>(static_cast<int32_t>(state >> 32)) * 0x1p-31f);
  }
  return data;
}

/// One product of a device, its weights there in several copies: small ones would otherwise stay in the cache.
class Product {
 public:
  Product(Ops& ops, const ModelConfig& config, int64_t n, int64_t k, int64_t bytes_in_turn)
      : ops_(ops), type_(config.work), n_(n), k_(k) {
    const std::vector<char> values = random_matrix(n, k, type_, 0.02f);
    const HostTensor tensor{"product", values.data(), type_, {n, k}};
    WeightOptions options{type_, Quantisation::none, false};
    if (config.quantisation == "int8") options.quantisation = Quantisation::int8;
    if (config.quantisation == "fp8") options.quantisation = Quantisation::fp8_e4m3;
    const int64_t copies = std::clamp<int64_t>(bytes_in_turn / static_cast<int64_t>(values.size()), 1, 16);
    for (int64_t i = 0; i < copies; ++i)
      weights_.push_back(ops.load_linear({std::span(&tensor, 1), {}, 0, 0}, options));
    ops.finish_loading();
  }

  double seconds(int64_t rows, Phase phase) {
    const Matrix x(ops_, rows, k_, type_);
    const Matrix out(ops_, rows, n_, type_);
    const std::vector<char> values = random_matrix(rows, x.whole().stride, type_, 1.0f);
    ops_.upload(x.whole().data, values.data(), values.size());
    ops_.synchronize();
    return seconds_of(ops_, [&](int64_t i) {
      ops_.linear(*weights_[static_cast<size_t>(i) % weights_.size()], x.whole(), out.whole(), phase);
    });
  }

 private:
  Ops& ops_;
  DType type_;
  int64_t n_, k_;
  std::vector<std::unique_ptr<Linear>> weights_;
};

Limits limits_for(const ModelConfig& config, int64_t rows) {
  ModelSizes sizes;
  sizes.prefill_rows = rows;
  sizes.decode_rows = 128;
  sizes.tiles = sizes.tower_tiles = 10;
  sizes.context = 4096;
  return LlavaModel::limits(config, sizes);
}

/// Floating-point operations from pixels to the logits of the last position: every product, and causal attention
/// without its masked half.
double prompt_operations(const ModelConfig& config, int64_t tokens, int64_t tiles) {
  const TextConfig& t = config.text;
  const VisionConfig& v = config.vision;
  const auto square = [](int64_t x) { return static_cast<double>(x) * static_cast<double>(x); };
  const double body = static_cast<double>(t.hidden) * static_cast<double>((t.heads + 2 * t.kv_heads) * t.head_size +
                                                                          t.heads * t.head_size + 3 * t.intermediate);
  const double text =
      static_cast<double>(t.layers) *
      (2.0 * body * static_cast<double>(tokens) + 2.0 * static_cast<double>(t.heads * t.head_size) * square(tokens));
  const double head = 2.0 * static_cast<double>(config.logit_rows * t.hidden);
  const int64_t rows = v.tower_rows();
  const double layer = 2.0 * static_cast<double>(rows) *
                           (4.0 * square(v.hidden) + 2.0 * static_cast<double>(v.hidden * v.intermediate)) +
                       4.0 * square(rows) * static_cast<double>(v.hidden);
  const double projector =
      2.0 * static_cast<double>(rows) * (static_cast<double>(v.hidden * t.hidden) + square(t.hidden));
  return text + head + static_cast<double>(tiles) * (static_cast<double>(v.layers_used) * layer + projector);
}

}  // namespace

int64_t step_weight_bytes(const ModelConfig& config) {
  const auto element = static_cast<int64_t>(size_of(config.work));
  const ParameterCount count = count_parameters(config);
  // A tied table is read once, as the head; one of its own is looked up in rows.
  return weight_bytes(config) - (count.vision + count.projector) * element -
         (config.text.tied ? 0 : config.text.vocabulary * config.text.hidden * element);
}

void bench_rate(const EngineOptions& options, int64_t size, const Measurements& report) {
  const ModelConfig config = read_config(options.model);
  const auto ops = first_device(options);
  Limits limits = limits_for(config, size);
  limits.widest = std::max(limits.widest, size);
  ops->reserve(limits);
  Product product(*ops, config, size, size, 0);
  const double seconds = product.seconds(size, Phase::prefill);
  report.add("product of " + std::to_string(size),
             2.0 * static_cast<double>(size) * static_cast<double>(size) * static_cast<double>(size) / seconds / 1e12,
             "TFLOP/s", std::string(name_of(config.work)) + ", " + ops->info().fingerprint);
}

void bench_bandwidth(const EngineOptions& options, int64_t megabytes, const Measurements& report) {
  const auto ops = first_device(options);
  const auto bytes = static_cast<size_t>(megabytes) << 20;
  const Buffer from = ops->allocate(bytes), to = ops->allocate(bytes);
  ops->fill_zero(from.data(), bytes);
  const double seconds = seconds_of(*ops, [&](int64_t) { ops->copy(to.data(), from.data(), bytes); });
  report.add("copies on the device", 2.0 * static_cast<double>(bytes) / seconds / 1e9, "GB/s",
             "reads and writes, " + std::to_string(megabytes) + " MiB");
}

void bench_products(const EngineOptions& options, const Measurements& report) {
  const ModelConfig config = read_config(options.model);
  const auto ops = first_device(options);
  ops->reserve(limits_for(config, 8192));
  const TextConfig& t = config.text;
  const struct {
    const char* name;
    int64_t n, k;
  } products[] = {{"qkv", (t.heads + 2 * t.kv_heads) * t.head_size, t.hidden},
                  {"out", t.hidden, t.heads * t.head_size},
                  {"gate, up", 2 * t.intermediate, t.hidden},
                  {"down", t.hidden, t.intermediate}};
  for (const auto& p : products) {
    Product product(*ops, config, p.n, p.k, int64_t{512} << 20);
    const auto add = [&](int64_t rows, Phase phase) {
      const double seconds = product.seconds(rows, phase);
      report.add(
          std::string("product ") + p.name + (phase == Phase::decode ? ", decode " : ", prompt ") +
              std::to_string(rows),
          seconds * 1e6, "us",
          Json::object_of(
              {{"m", Json::of(rows)}, {"n", Json::of(p.n)}, {"k", Json::of(p.k)}, {"perStep", Json::of(t.layers)}})
              .dump());
    };
    for (const int64_t rows : {1, 8, 64}) add(rows, Phase::decode);
    for (const int64_t rows : {64, 2411, 8192}) add(rows, Phase::prefill);
  }
}

void bench_tower(const EngineOptions& options, const Measurements& report) {
  const ModelConfig config = read_config(options.model);
  const auto ops = first_device(options);
  const std::vector<uint8_t> rgb = drawn_image(640, 480, 3);
  const std::vector<uint8_t> tiles = make_tiles(config, config.alone().aspect, {640, 480, rgb.data()});
  const int64_t side = config.vision.image_size;
  const int64_t count = static_cast<int64_t>(tiles.size()) / (3 * side * side);
  ops->reserve(limits_for(config, 2 * count * config.vision.tower_rows()));
  CheckpointWeights weights(config);
  VisionTower tower(*ops, config, weights, 2 * count);
  ops->finish_loading();
  const Buffer pixels = ops->allocate(2 * tiles.size());
  for (const size_t at : {size_t{0}, tiles.size()}) ops->upload(pixels.as<uint8_t>() + at, tiles.data(), tiles.size());
  const Matrix out(*ops, tower.output_rows(2 * count), config.text.hidden, config.work);
  for (const int64_t images : {1, 2}) {
    const View rows = out.view(images * count * tower.rows_per_tile());
    const double seconds = seconds_of(*ops, [&](int64_t) { tower.encode(pixels.as<uint8_t>(), images * count, rows); });
    report.add("tower and projector, " + std::to_string(images) + " images at once",
               seconds * 1e3 / static_cast<double>(images), "ms/image",
               std::to_string(count) + " tiles of " + std::to_string(side));
  }
}

void bench_images(const EngineOptions& options, int64_t images, const Measurements& report) {
  Engine engine(options);
  const ModelConfig& config = engine.config();
  RequestSet set = make_request_set(config, images, {1}, 640, 480);
  set.answer_tokens = 1;
  const Arrangement arrangement = arrange(config, config.alone(), 640, 480);
  double tokens = 0.0, operations = 0.0;
  for (const RequestSet::Question& q : set.questions) {
    const int64_t length = static_cast<int64_t>(q.tokens.size()) - 1 + arrangement.tokens;
    tokens += static_cast<double>(length);
    operations += prompt_operations(config, length, arrangement.tiles);
  }
  double best = 1e30;
  for (int64_t round = 0; round < 3; ++round) {
    std::vector<Request> requests;
    for (size_t i = 0; i < set.questions.size(); ++i) requests.push_back(set.request(i, round));
    const auto start = Clock::now();
    run_all(engine, std::move(requests));
    best = std::min(best, seconds_since(start));
  }
  report.add("prompts of 640x480 images", tokens / best, "tok/s",
             std::to_string(images) + " images, a question each, tower included");
  report.add("prompts of 640x480 images: arithmetic", operations / best / 1e12, "TFLOP/s",
             "products and attention of tower, projector and decoder");
  report.add("prompts of 640x480 images: images", static_cast<double>(images) / best, "images/s");
}

}  // namespace llava
