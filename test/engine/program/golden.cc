#include "program/golden.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <future>

#include "models/image/anyres.h"
#include "models/image/tiles.h"
#include "program/golden_data.h"
#include "program/golden_preprocess.h"
#include "program/probe.h"
#include "program/sha256.h"
#include "runtime/engine.h"
#include "support/error.h"

namespace llava {

namespace {

// Tolerances of the reference run's README: absolute, on logits of standard deviation 2.5.
constexpr double kVision = 5e-5;
constexpr double kLogits = 2e-4;
constexpr double kBf16Mean = 0.08;
constexpr double kBf16Max = 0.6;
constexpr int64_t kWindow = 24;  // the goldens' sliding_window

std::vector<float> floats_of(const HostTensor& tensor) {
  std::vector<float> out(static_cast<size_t>(tensor.count()));
  for (size_t i = 0; i < out.size(); ++i) out[i] = load_float(tensor.data, tensor.dtype, static_cast<int64_t>(i));
  return out;
}

std::vector<int32_t> ids_of(const Json& list) {
  std::vector<int32_t> ids;
  for (const Json& item : list.items()) ids.push_back(static_cast<int32_t>(item.integer().value_or(-1)));
  return ids;
}

class CaseRun {
 public:
  CaseRun(const GoldenCase& golden, const GoldenOptions& options, CaseReport& report)
      : golden_(golden), options_(options), report_(report) {
    base_.path = golden.folder();
    base_.dtype = DType::f32;
    base_.grid_order = GridOrder::wh;
    const ModelConfig config = read_config(base_);
    anyres_ = config.anyres();
    if (!anyres_) base_.aspect_ratio = AspectRatio::pad;
  }

  void run() {
    pixels("pixels", "", base_, golden_.expected());
    vision();
    logits("logits", "prompt.", base_, golden_.expected(), false);
    batch();
    hidden();
    engine();
    if (const TensorStore* alternative = golden_.alternative()) {
      ModelOptions other = base_;
      if (anyres_) other.grid_order = GridOrder::hw;
      else other.aspect_ratio = AspectRatio::crop;
      const std::string prefix = anyres_ ? "hw." : "crop.";
      pixels("pixels, " + prefix.substr(0, prefix.size() - 1), prefix, other, *alternative);
      logits("logits, " + prefix.substr(0, prefix.size() - 1), prefix + "prompt.", other, *alternative, false);
      ModelOptions window = base_;
      window.sliding_window = kWindow;
      logits("logits, window W", "window.prompt.", window, *alternative, false);
    }
    ModelOptions window = base_;
    window.sliding_window = kWindow;
    window.window_plus_one = true;
    logits("logits, window W+1", "window.prompt.", window, golden_.expected(), false);
    for (const DType dtype : {DType::bf16, DType::f16}) {
      ModelOptions half = base_;
      half.dtype = dtype;
      logits(std::string("logits, ") + name_of(dtype), "prompt.", half, golden_.expected(), true);
    }
  }

 private:
  const Json& prompts() const { return *golden_.json().find("prompts"); }

  ProbePrompt prompt_of(const Json& prompt) const {
    ProbePrompt out;
    out.ids = ids_of(*prompt.find("input_ids"));
    for (const Json& file : prompt.find("images")->items()) out.images.push_back(golden_.image(*file.string()));
    return out;
  }

  void pixels(const std::string& stage, const std::string& prefix, const ModelOptions& options,
              const TensorStore& expected) {
    const ModelConfig config = read_config(options);
    for (const auto& [file, facts] : golden_.json().find("images")->members()) {
      const ImageView image = golden_.image(file);
      const std::string key = prefix + "image." + stem_of(file) + ".tiles_u8";
      const std::vector<uint8_t> tiles = make_tiles(config, image);
      if (expected.has(key)) {
        const HostTensor tensor = expected.get(key);
        report_.equal(stage, key,
                      tensor.bytes() == tiles.size() &&
                          std::equal(tiles.begin(), tiles.end(), static_cast<const uint8_t*>(tensor.data)));
      }
      if (!prefix.empty()) continue;
      const Json* digest = facts.find("decoded_rgb_sha256");
      if (digest != nullptr)
        report_.equal("decoded RGB", file,
                      sha256_hex(image.rgb, static_cast<size_t>(image.width * image.height * 3)) == *digest->string());
      const std::array<float, 768> table = normalisation_table(config.image);
      const size_t area = static_cast<size_t>(config.vision.image_size * config.vision.image_size);
      std::vector<float> values(tiles.size());
      for (size_t i = 0; i < tiles.size(); ++i) values[i] = table[i / area % 3 * 256 + tiles[i]];
      report_.equal("pixel_values", file,
                    sha256_hex(values.data(), values.size() * 4) == *facts.find("pixel_values_sha256")->string());
      report_.equal("token counts", file,
                    arrange(config, image.width, image.height).tokens == facts.find("tokens")->integer());
    }
  }

  void compare(const std::string& stage, const std::string& key, const Rows& rows, double tolerance) {
    const std::vector<float> expected = floats_of(golden_.expected().get(key));
    if (expected.size() != rows.values.size()) report_.broken(stage, key + " has another size");
    else
      report_.difference(stage, key, largest_difference(expected.data(), rows.values.data(), expected.size()),
                         tolerance);
  }

  /// Rows without the class rows of every tile.
  static Rows without_class(const Rows& rows, int64_t per_tile) {
    Rows out{rows.rows / per_tile * (per_tile - 1), rows.cols, {}};
    for (int64_t r = 0; r < rows.rows; ++r) {
      if (r % per_tile != 0) out.values.insert(out.values.end(), rows.row(r), rows.row(r) + rows.cols);
    }
    return out;
  }

  void vision() {
    Probe probe(read_config(base_), options_.device);
    const int64_t per_tile = probe.config().vision.tower_rows();
    const int64_t used = probe.config().vision.layers_used;
    const TensorStore& expected = golden_.expected();
    for (const auto& [file, facts] : golden_.json().find("images")->members()) {
      const std::string name = "image." + stem_of(file) + ".";
      const ImageView image = golden_.image(file);
      std::map<std::string, Rows> taps;
      const Rows projected = probe.encode(image, &taps);
      if (expected.has(name + "vision_embeddings"))
        compare("tower embeddings", name + "vision_embeddings", taps["vision_embeddings 0"], kVision);
      for (int64_t layer = 0; layer <= used; ++layer) {
        const std::string key = name + "vision_hidden_" + std::to_string(layer);
        if (expected.has(key)) compare("tower states", key, taps["vision_hidden " + std::to_string(layer)], kVision);
      }
      if (expected.has(name + "vision_selected"))
        compare("tower", name + "vision_selected",
                without_class(taps["vision_hidden " + std::to_string(used)], per_tile), kVision);
      if (expected.has(name + "projected"))
        compare("projected", name + "projected", without_class(projected, per_tile), kVision);
      if (expected.has(name + "packed")) compare("packed", name + "packed", probe.pack(image), kVision);
    }
  }

  void logits(const std::string& stage, const std::string& prefix, const ModelOptions& options,
              const TensorStore& expected, bool half) {
    std::optional<Probe> probe;
    double total = 0.0;
    double count = 0.0;
    for (const auto& [name, prompt] : prompts().members()) {
      const std::string key = prefix + name + ".logits_last";
      if (!expected.has(key)) continue;
      if (half && !golden_.expected().has("bf16.prompt." + name + ".logits_last")) continue;
      if (!probe) probe.emplace(read_config(options), options_.device);
      const Rows rows = probe->prefill({prompt_of(prompt)})[0];
      const HostTensor tensor = expected.get(key);
      const std::vector<float> wanted = floats_of(tensor);
      if (rows.rows != *prompt.find("merged_length")->integer() && prefix == "prompt.")
        report_.broken(stage, key + ": merged length");
      const int64_t last = std::min(rows.rows, tensor.shape[0]);
      const float* got = rows.row(rows.rows - last);
      const float* want = wanted.data() + (tensor.shape[0] - last) * rows.cols;
      const auto n = static_cast<size_t>(last * rows.cols);
      report_.difference(stage, key, largest_difference(got, want, n), half ? kBf16Max : kLogits);
      for (size_t i = 0; i < n; ++i) total += std::fabs(static_cast<double>(got[i]) - static_cast<double>(want[i]));
      count += static_cast<double>(n);
    }
    if (half && count > 0.0) report_.difference(stage + " mean", "all prompts", total / count, kBf16Mean);
  }

  void batch() {
    std::vector<ProbePrompt> together;
    std::vector<std::string> names;
    const Json* batch = golden_.json().find("batch");
    if (batch == nullptr || batch->find("members") == nullptr) return;
    for (const Json& member : batch->find("members")->items()) {
      const Json* prompt = prompts().find(*member.string());
      if (prompt == nullptr) continue;
      names.push_back(*member.string());
      together.push_back(prompt_of(*prompt));
    }
    Probe probe(read_config(base_), options_.device);
    const std::vector<Rows> all = probe.prefill(together);
    for (size_t i = 0; i < names.size(); ++i) {
      const Rows alone = probe.prefill({together[i]})[0];
      report_.equal("batch = alone, bits", names[i], alone.values == all[i].values);
      const std::string key = "batch." + names[i] + ".logits_last";
      if (!golden_.expected().has(key)) continue;
      const std::vector<float> wanted = floats_of(golden_.expected().get(key));
      const int64_t rows = static_cast<int64_t>(wanted.size()) / all[i].cols;
      report_.difference("batch", key, largest_difference(all[i].row(all[i].rows - rows), wanted.data(), wanted.size()),
                         kLogits);
    }
  }

  /// Merged embeddings, every decoder state and the logits of every position, where they were recorded.
  void hidden() {
    Probe probe(read_config(base_), options_.device);
    const TensorStore& expected = golden_.expected();
    for (const auto& [name, prompt] : prompts().members()) {
      const std::string at = "prompt." + name + ".";
      if (!expected.has(at + "inputs_embeds")) continue;
      std::map<std::string, Rows> taps;
      const Rows rows = probe.prefill({prompt_of(prompt)}, &taps)[0];
      compare("embeds", at + "inputs_embeds", taps["inputs_embeds 0"], kVision);
      if (expected.has(at + "logits")) compare("logits, all positions", at + "logits", rows, kLogits);
      // The last recorded state is after the final norm, which the engine computes for wanted rows only.
      for (int64_t layer = 1; layer < probe.config().text.layers; ++layer) {
        const std::string key = at + "lm_hidden_" + std::to_string(layer);
        if (expected.has(key)) compare("decoder states", key, taps["lm_hidden " + std::to_string(layer)], kLogits);
      }
    }
  }

  struct Asked {
    std::string name;
    const Json* prompt;
    std::string kind;
    std::promise<Answer> promise;
  };

  /// Greedy answers, repetition penalty, log-likelihoods and stop tokens through the engine, everything in flight at
  /// once.
  void engine() {
    EngineOptions options;
    options.model = base_;
    options.device = options_.device;
    options.token_budget = 256;
    options.max_context = 1024;
    Engine engine(options);
    std::vector<std::unique_ptr<Asked>> asked;
    uint64_t next_id = 1;
    const auto ask = [&](const std::string& name, const Json& prompt, const std::string& kind,
                         const std::function<void(Request&)>& set) {
      Request request;
      request.id = next_id++;
      request.tokens = ids_of(*prompt.find("input_ids"));
      for (const Json& file : prompt.find("images")->items()) {
        const ImageView image = golden_.image(*file.string());
        request.images.push_back({image.width, image.height, image.rgb, *file.string()});
      }
      set(request);
      auto entry = std::make_unique<Asked>();
      entry->name = name;
      entry->prompt = &prompt;
      entry->kind = kind;
      Asked* raw = entry.get();
      asked.push_back(std::move(entry));
      engine.submit(std::move(request), {nullptr, [raw](Answer answer) { raw->promise.set_value(std::move(answer)); },
                                         [raw](Failure failure) {
                                           raw->promise.set_exception(std::make_exception_ptr(std::runtime_error(
                                               std::string(name_of(failure.code)) + ": " + failure.message)));
                                         }});
    };
    for (const auto& [name, prompt] : prompts().members()) {
      const std::vector<int32_t> greedy = ids_of(*prompt.find("greedy"));
      ask(name, prompt, "greedy", [&](Request& r) { r.max_new_tokens = static_cast<int64_t>(greedy.size()); });
      for (const char* penalty : {"1.05", "1.3"}) {
        if (prompt.find(std::string("greedy_repetition_") + penalty) == nullptr) continue;
        ask(name, prompt, penalty, [&](Request& r) {
          r.max_new_tokens = static_cast<int64_t>(greedy.size());
          r.sampling.repetition_penalty = std::stof(penalty);
        });
      }
      ask(name, prompt, "likelihood", [&](Request& r) {
        r.continuations = {ids_of(*prompt.find("continuation")),
                           std::vector<int32_t>(greedy.begin(), greedy.begin() + static_cast<int64_t>(std::min<size_t>(
                                                                                     greedy.size(), 5))),
                           greedy};
      });
      ask(name, prompt, "stop", [&](Request& r) {
        r.max_new_tokens = static_cast<int64_t>(greedy.size());
        r.stop_tokens = {greedy[greedy.size() / 2]};
      });
    }
    for (const auto& entry : asked) {
      try {
        judge(*entry, entry->promise.get_future().get());
      } catch (const std::exception& error) {
        report_.broken("engine", entry->name + " " + entry->kind + ": " + error.what());
      }
    }
  }

  void judge(const Asked& asked, const Answer& answer) {
    const Json& prompt = *asked.prompt;
    const std::vector<int32_t> greedy = ids_of(*prompt.find("greedy"));
    if (asked.kind == "greedy") {
      report_.equal("greedy ids", asked.name, answer.tokens == greedy && answer.finish == Finish::length);
    } else if (asked.kind == "stop") {
      const int32_t stop = greedy[greedy.size() / 2];
      const std::vector<int32_t> before(greedy.begin(), std::find(greedy.begin(), greedy.end(), stop));
      report_.equal("stop tokens", asked.name, answer.tokens == before && answer.finish == Finish::stop);
    } else if (asked.kind == "likelihood") {
      const std::string at = "prompt." + asked.name + ".";
      const auto compare_logprobs = [&](const std::string& key, const std::vector<float>& got) {
        if (!golden_.expected().has(key)) return;
        const std::vector<float> wanted = floats_of(golden_.expected().get(key));
        if (wanted.size() < got.size()) report_.broken("log-likelihood", key + " has another size");
        else
          report_.difference("log-likelihood", key, largest_difference(wanted.data(), got.data(), got.size()), kLogits);
      };
      compare_logprobs(at + "continuation_logprobs", answer.continuations[0].logprobs);
      compare_logprobs(at + "greedy_logprobs", answer.continuations[1].logprobs);
      compare_logprobs(at + "greedy_logprobs", answer.continuations[2].logprobs);
      const double sum = *prompt.find("continuation_logprob")->number();
      report_.difference("log-likelihood", at + "continuation_logprob", std::fabs(answer.continuations[0].sum - sum),
                         7 * kLogits);
      report_.equal("is greedy", asked.name,
                    answer.continuations[0].greedy == prompt.find("continuation_is_greedy")->boolean() &&
                        answer.continuations[1].greedy && answer.continuations[2].greedy);
    } else {
      report_.equal("repetition penalty", asked.name + " " + asked.kind,
                    answer.tokens == ids_of(*prompt.find("greedy_repetition_" + asked.kind)));
    }
  }

  const GoldenCase& golden_;
  const GoldenOptions& options_;
  CaseReport& report_;
  ModelOptions base_;
  bool anyres_ = false;
};

/// File of decoded images: PATH+BELOW+THE+ROOT.safetensors; folders at the root or beside it go by their name.
std::string images_of(const std::string& folder, const std::string& root, const GoldenOptions& options) {
  if (options.images_folder.empty()) return "";
  std::string key = folder.starts_with(root + "/") ? folder.substr(root.size() + 1)
                                                   : std::filesystem::path(folder).filename().string();
  std::replace(key.begin(), key.end(), '/', '+');
  return options.images_folder + "/" + key + ".safetensors";
}

/// Whether `folder` itself is a known kind; runs it.
bool run_folder(const std::string& folder, const std::string& root, const GoldenOptions& options,
                std::vector<CaseReport>& reports) {
  const std::string name = std::filesystem::path(folder).filename().string();
  if (is_file(folder + "/resize.json") || is_file(folder + "/anyres-336.json") ||
      is_file(folder + "/token-counts.json")) {
    reports.emplace_back(name);
    run_preprocess(folder, images_of(folder, root, options), reports.back());
    return true;
  }
  std::string expected = folder;
  if (is_file(folder + "/config.json") && !is_file(folder + "/expected.json") && name.ends_with("-native")) {
    expected = folder.substr(0, folder.size() - 7);
    if (!is_file(expected + "/expected.json"))
      throw Error("no expectations beside the native checkpoint", expected, "Keep NAME and NAME-native together.");
  }
  if (!is_file(folder + "/config.json") || !is_file(expected + "/expected.json")) return false;
  reports.emplace_back(name);
  CaseReport& report = reports.back();
  try {
    const GoldenCase golden(folder, expected, images_of(expected, root, options));
    CaseRun(golden, options, report).run();
  } catch (const std::exception& error) {
    report.broken("case", error.what());
  }
  return true;
}

/// Runs `folder`, or what is below it. Throws Error where neither is a golden case.
void run_below(const std::string& folder, const std::string& root, const GoldenOptions& options,
               std::vector<CaseReport>& reports) {
  if (run_folder(folder, root, options, reports)) return;
  std::vector<std::string> inside;
  for (const auto& item : std::filesystem::directory_iterator(folder)) {
    // Tokenizer cases are checked where the tokenizers are.
    if (item.is_directory() && item.path().filename() != "tokenizers") inside.push_back(item.path().string());
  }
  if (inside.empty()) {
    throw Error("a folder of no known kind", folder,
                "Golden folders have config.json and expected.json, or the files of preprocess/.");
  }
  std::sort(inside.begin(), inside.end());
  for (const std::string& path : inside) run_below(path, root, options, reports);
}

}  // namespace

std::vector<CaseReport> run_golden(const std::string& given, const GoldenOptions& options) {
  std::string folder = given;
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  if (!is_folder(folder)) throw Error("no such folder", folder, "Give a folder of golden cases.");
  std::vector<CaseReport> reports;
  run_below(folder, folder, options, reports);
  return reports;
}

}  // namespace llava
