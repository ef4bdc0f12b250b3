// llava-engine bench --checkpoint DIR [NAME...]: a model with random weights through the engine: its decoder, tower,
// batching and sharing of prefixes. One line per number (JSON with --json); opponents and tables are the business of
// test/bench/engine.ts and test/bench/gpu/.
//   check                                                            values that another implementation must have too
//   load preprocess encoder prefill decode batch sharing             (default; --model, see random_checkpoint.h:
//   qwen2-0.5b)
//   rate bandwidth products tower images                           the device's speed, and what of it the model
//   reaches (bench_device.cc)
//   --prompt N --answer N --counts A,B,...                           of `batch`: tokens of a prompt (16) and an answer
//   (33), sequences
//   --images N                                                     of `sharing` and `images`
//   --image FILE                                                   of `preprocess`: 640x480 pixels of RGB

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "models/image/tiles.h"
#include "program/asking.h"
#include "program/bench_device.h"
#include "program/probe.h"
#include "program/process_memory.h"
#include "program/random_checkpoint.h"
#include "program/request_set.h"
#include "program/sha256.h"
#include "support/error.h"

namespace llava {

namespace {

std::vector<int32_t> token_run(int64_t count, int64_t seed, int64_t vocabulary = 150000) {
  std::vector<int32_t> ids(static_cast<size_t>(count));
  const int64_t end = std::min<int64_t>(vocabulary, 150000);
  for (int64_t i = 0; i < count; ++i)
    ids[static_cast<size_t>(i)] = static_cast<int32_t>((seed * 7907 + i * 104729 + i * i % 9973) % end);
  return ids;
}

Request text_request(const Engine& engine, uint64_t id, int64_t prompt, int64_t answer, int64_t seed) {
  Request request;
  request.id = id;
  request.tokens = token_run(prompt, seed, engine.config().text.vocabulary);
  request.max_new_tokens = answer;
  return request;
}

struct Setup {
  std::string folder;
  EngineOptions options;
  int64_t prompt = 16;
  int64_t answer = 33;
  std::vector<int64_t> counts;
  const Measurements* report;
};

/// A crowded machine gets fewer rounds, so that the benchmark ends.
constexpr double kEnoughSeconds = 20.0;

/// Wall and CPU seconds of the fastest of `rounds` calls of body(round), or of as many as begin within kEnoughSeconds.
template <typename Body>
std::pair<double, double> best_of(int rounds, Body body) {
  double wall = 1e30;
  double cpu = 1e30;
  const auto first = Clock::now();
  for (int round = 0; round < rounds && (round == 0 || seconds_since(first) < kEnoughSeconds); ++round) {
    const auto start = Clock::now();
    const double before = cpu_seconds();
    body(round);
    wall = std::min(wall, seconds_since(start));
    cpu = std::min(cpu, cpu_seconds() - before);
  }
  return {wall, cpu};
}

void bench_load(const Setup& setup) {
  const int64_t before = process_memory("RssAnon");
  const auto start = Clock::now();
  // Small KV and scratch: what is asked is the memory of the weights.
  EngineOptions options = setup.options;
  options.max_context = 2048;
  options.most_sequences = 1;
  options.token_budget = 64;
  const Engine engine(options);
  const double wall = seconds_since(start);
  const auto size = static_cast<double>(std::filesystem::file_size(setup.folder + "/model.safetensors"));
  setup.report->add("load", wall, "s", "checkpoint of " + std::to_string(static_cast<int64_t>(size / 1e6)) + " MB");
  setup.report->add(
      "load: anonymous memory", static_cast<double>(process_memory("RssAnon") - before) / 1e6, "MB",
      "bound 1.1 x checkpoint + 150 MB = " + std::to_string(static_cast<int64_t>(1.1 * size / 1e6 + 150.0)));
}

/// @param file  640x480 pixels of RGB; empty = a synthetic image   The detail is SHA-256 of the tiles.
void bench_preprocess(const Setup& setup, const std::string& file) {
  const ModelConfig config = read_config(setup.options.model);
  std::vector<uint8_t> rgb = drawn_image(640, 480, 3);
  if (!file.empty()) {
    std::ifstream pixels(file, std::ios::binary);
    if (!pixels.read(reinterpret_cast<char*>(rgb.data()), static_cast<std::streamsize>(rgb.size()))) {
      throw Error("these are not 640x480 pixels of RGB", file, "Give a file of 921600 bytes.");
    }
  }
  std::vector<uint8_t> tiles;
  const auto [wall, cpu] = best_of(30, [&](int) {
    tiles = make_tiles(config, config.alone().aspect, {640, 480, rgb.data()});
  });
  setup.report->add("resize + tiling, 640x480", cpu * 1e3, "CPU ms", sha256_hex(tiles.data(), tiles.size()));
}

/// FLOP of the tower and projector for one tile.
double tower_flop(const ModelConfig& config) {
  const VisionConfig& v = config.vision;
  const auto d = static_cast<double>(v.hidden), inner = static_cast<double>(v.intermediate),
             out = static_cast<double>(config.text.hidden);
  const auto patches = static_cast<double>(v.patches());
  const auto tokens = static_cast<double>(v.tower_rows());
  const double layer = 2.0 * tokens * (4.0 * d * d + 2.0 * d * inner) + 4.0 * tokens * tokens * d;
  return 2.0 * patches * 3.0 * static_cast<double>(v.patch_size * v.patch_size) * d +
         static_cast<double>(v.layers_used) * layer + 2.0 * tokens * (d * out + out * out);
}

void bench_encoder(const Setup& setup) {
  Probe probe(read_config(setup.options.model), setup.options.device, 64);
  const std::vector<uint8_t> rgb = drawn_image(640, 480, 3);
  const auto [wall, cpu] = best_of(2, [&](int) { probe.encode({640, 480, rgb.data()}, probe.config().alone()); });
  setup.report->add("encoder, 5 tiles", wall, "s");
  setup.report->add("encoder, 5 tiles: CPU time", cpu, "CPU s");
  setup.report->add("encoder, 5 tiles: work", 5e-9 * tower_flop(probe.config()), "GFLOP");
}

/// Values that another implementation must have too: logits after a prompt, and projected features of an image whose
/// four tiles are its quarters, so that nothing depends on a resize.
void report_values(const Setup& setup) {
  {
    EngineOptions options = setup.options;
    options.max_context = 512;
    Engine engine(options);
    Request request = text_request(engine, 1, 64, 1, 1);
    request.want_logits = true;
    const Answer answer = run_all(engine, {std::move(request)})[0];
    for (const size_t id : {0, 1000, 20000, 77777, 149999})
      setup.report->add("logit " + std::to_string(id), answer.logits.at(id), "value");
  }
  Probe probe(read_config(setup.options.model), setup.options.device, 64);
  const int64_t side = 2 * probe.config().vision.image_size;
  const std::vector<uint8_t> rgb = drawn_image(side, side, 3);
  const Rows features = probe.encode({side, side, rgb.data()}, probe.config().alone());
  const int64_t tokens = probe.config().vision.tower_rows();
  for (const int64_t tile : {1, 4}) {
    for (const int64_t token : {0, 1, 576}) {
      for (const int64_t column : {0, 500}) {
        setup.report->add(
            "feature " + std::to_string(tile) + " " + std::to_string(token) + " " + std::to_string(column),
            features.row(tile * tokens + token)[column], "value");
      }
    }
  }
}

void bench_text(const Setup& setup, const std::vector<std::string>& names) {
  const auto wanted = [&](const char* name) { return std::ranges::find(names, name) != names.end(); };
  EngineOptions options = setup.options;
  options.max_context = 4096;
  Engine engine(options);
  int64_t seed = 100;
  if (wanted("prefill")) {
    for (const int64_t prompt : {512, 2048}) {
      const auto [wall, cpu] = best_of(2, [&](int) { run_all(engine, {text_request(engine, 1, prompt, 1, ++seed)}); });
      setup.report->add("prefill " + std::to_string(prompt), static_cast<double>(prompt) / wall, "tok/s");
      setup.report->add("prefill " + std::to_string(prompt) + ": CPU time", static_cast<double>(prompt) / cpu,
                        "tok/CPU s");
    }
  }
  if (wanted("decode")) {
    double best = 0.0;
    const auto [wall, cpu] = best_of(3, [&](int) {
      const Answer answer = run_all(engine, {text_request(engine, 1, 16, 65, ++seed)})[0];
      best = std::max(best, static_cast<double>(answer.usage.completion_tokens - 1) / answer.timing.decode_ms * 1e3);
    });
    setup.report->add("decode, 1 sequence", best, "tok/s");
    setup.report->add("decode, 1 sequence: CPU time", 65 / cpu, "tok/CPU s", "a prompt of 16 included");
    // Every weight of the decoder is read once per token; of the embedding table (tied) as logits.
    const ModelConfig config = read_config(setup.options.model);
    const double bytes = static_cast<double>(count_parameters(config).text) * static_cast<double>(size_of(config.work));
    setup.report->add("decode, 1 sequence: weights read", best * bytes * 1e-9, "GB/s");
  }
  if (wanted("batch")) {
    for (const int64_t count : setup.counts) {
      const auto run = [&](int64_t answer) {
        std::vector<Request> requests;
        for (int64_t i = 0; i < count; ++i)
          requests.push_back(text_request(engine, static_cast<uint64_t>(i), setup.prompt, answer, ++seed));
        const auto start = Clock::now();
        run_all(engine, std::move(requests));
        return seconds_since(start);
      };
      run(2);
      const double few = std::min(run(1), run(1));  // prefill and overhead
      const double many = std::min(run(setup.answer), run(setup.answer));
      const double steps = static_cast<double>(setup.answer - 1) / (many - few);
      const std::string name = "decode, " + std::to_string(count) + " sequences";
      setup.report->add(
          name, static_cast<double>(count) * steps, "tok/s",
          "context " + std::to_string(setup.prompt) + " to " + std::to_string(setup.prompt + setup.answer));
      const int64_t keys = count * (setup.prompt + setup.answer / 2) * kv_bytes_per_token(engine.config());
      setup.report->add(name + ": memory read",
                        static_cast<double>(step_weight_bytes(engine.config()) + keys) * steps / 1e9, "GB/s",
                        "weights once per step, every sequence's keys and values");
    }
  }
}

/// Questions on images as in VQAv2: 640x480, 5 or 6 questions an image, short answers, in file order.
std::vector<Request> questions(const std::vector<std::vector<uint8_t>>& images) {
  std::vector<Request> requests;
  for (size_t p = 0; p < images.size(); ++p) {
    const int64_t count = p % 3 == 0 ? 6 : 5;
    for (int64_t i = 0; i < count; ++i) {
      Request request;
      request.id = requests.size();
      request.tokens = token_run(14, 5);
      request.tokens.push_back(kImageSlot);
      const std::vector<int32_t> words = token_run(20, static_cast<int64_t>(requests.size()) + 50);
      request.tokens.insert(request.tokens.end(), words.begin(), words.end());
      request.images.push_back({640, 480, images[p].data(), "image " + std::to_string(p)});
      request.prefix = "image " + std::to_string(p);
      request.remaining = count - 1 - i;
      request.max_new_tokens = 3;
      requests.push_back(std::move(request));
    }
  }
  return requests;
}

void bench_sharing(const Setup& setup, int64_t count) {
  std::vector<std::vector<uint8_t>> images;
  for (int64_t p = 0; p < count; ++p) images.push_back(drawn_image(640, 480, static_cast<uint64_t>(p) + 1));
  const std::vector<Request> asked = questions(images);
  EngineOptions options = setup.options;
  options.max_context = 4096;
  std::vector<std::vector<int32_t>> together;
  double shared = 0.0;
  {
    Engine engine(options);
    const auto start = Clock::now();
    for (const Answer& a : run_all(engine, asked)) together.push_back(a.tokens);
    shared = static_cast<double>(asked.size()) / seconds_since(start);
  }
  setup.report->add("VQAv2-like questions, shared", shared, "questions/s",
                    std::to_string(asked.size()) + " questions on " + std::to_string(count) + " images");
  // As the peers do it: one at a time, every image new. All questions cost the same, so the last of each image will
  // do.
  options.share_prefixes = false;
  Engine engine(options);
  bool equal = true;
  const auto start = Clock::now();
  for (size_t i = 0; i < asked.size(); ++i) {
    if (asked[i].remaining > 0) continue;
    Request alone = asked[i];
    alone.prefix.clear();
    alone.images[0].digest += " alone";
    equal = equal && run_all(engine, {std::move(alone)})[0].tokens == together[i];
  }
  const double single = static_cast<double>(count) / seconds_since(start);
  setup.report->add("VQAv2-like questions, one at a time", single, "questions/s",
                    equal ? "equal answers" : "ANSWERS DIFFER");
}

}  // namespace

int bench_command(const CommandLine& line) {
  const std::string folder = line.option("checkpoint", "");
  if (folder.empty())
    throw Error("no folder for the model", "bench",
                "Write: llava-engine bench --checkpoint DIR (1.6 GB are written when it is empty).");
  if (!std::filesystem::exists(folder + "/model.safetensors"))
    write_random_checkpoint(folder, line.option("model", "qwen2-0.5b"));
  const Measurements report(line.json);
  const Setup setup{folder,
                    engine_options(line, folder),
                    line.integer("prompt", 16),
                    line.integer("answer", 33),
                    line.integers("counts", "2,4,8,16"),
                    &report};
  std::vector<std::string> names = line.words;
  if (names.empty()) names = {"load", "preprocess", "encoder", "prefill", "decode", "batch", "sharing"};
  const auto wanted = [&](const char* name) { return std::ranges::find(names, name) != names.end(); };
  if (wanted("check")) report_values(setup);
  if (wanted("rate")) bench_rate(setup.options, line.integer("size", 8192), report);
  if (wanted("bandwidth")) bench_bandwidth(setup.options, line.integer("megabytes", 2048), report);
  if (wanted("products")) bench_products(setup.options, report);
  if (wanted("tower")) bench_tower(setup.options, report);
  if (wanted("load")) bench_load(setup);
  if (wanted("preprocess")) bench_preprocess(setup, line.option("image", ""));
  if (wanted("encoder")) bench_encoder(setup);
  if (wanted("images")) bench_images(setup.options, line.integer("images", 32), report);
  if (wanted("prefill") || wanted("decode") || wanted("batch")) bench_text(setup, names);
  if (wanted("sharing")) bench_sharing(setup, line.integer("images", 3));
  return 0;
}

}  // namespace llava
