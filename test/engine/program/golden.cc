#include "program/golden.h"

#include <algorithm>
#include <array>
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
    newlines_ = config.image.newline;
    converted_ = config.layout == Layout::converted;
    own_ = base_;
    any_size_ = config.vision.any_size();
    if (!anyres_ && !any_size_ && config.vision.class_row()) base_.aspect_ratio = AspectRatio::pad;
    pooled_before_ = config.clip.place == PoolPlace::before_projector;
    if (const Json* facts = golden.json().find("case")) {
      if (const Json* mode = facts->find("mm_spatial_pool_mode")) set_pool(*mode->string(), base_);
      if (const Json* at = facts->find("mm_newline_position")) set_newline(*at->string(), base_);
      base_.clip_pool_place = PoolPlace::after_projector;
    }
  }

  void run() {
    if (any_size_) {
      any_size_pixels();
      any_size_vision();
    } else {
      pixels("pixels", "", base_, golden_.expected());
      vision();
    }
    logits("logits", "prompt.", base_, golden_.expected(), false);
    batch();
    hidden();
    engine();
    if (any_size_) return any_size();
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
      if (converted_ || pooled_before_) own_reading(*alternative);
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

  /// A slot of a clip becomes one slot for each of its frames.
  ProbePrompt prompt_of(const Json& prompt) const {
    ProbePrompt out;
    out.ids = ids_of(*prompt.find("input_ids"));
    for (const Json& file : prompt.find("images")->items()) out.images.push_back(golden_.image(*file.string()));
    out.clips.assign(out.images.size(), -1);
    const Json* slots = prompt.find("slots");
    if (const Json* times = prompt.find("frame_indices")) {
      for (const Json& time : times->items()) out.times.push_back(*time.integer());
    }
    if (slots == nullptr) return out;
    std::vector<int32_t> ids;
    size_t slot = 0, first = 0;
    for (const int32_t id : out.ids) {
      if (id != kImageSlot) {
        ids.push_back(id);
        continue;
      }
      const Json& given = slots->items()[slot];
      const size_t files = given.find("files")->items().size();
      if (*given.find("kind")->string() == "video")
        std::fill_n(out.clips.begin() + static_cast<std::ptrdiff_t>(first), files, static_cast<int32_t>(slot));
      ids.insert(ids.end(), files, kImageSlot);
      first += files;
      ++slot;
    }
    out.ids = std::move(ids);
    return out;
  }

  static void set_pool(const std::string& name, ModelOptions& options) {
    options.clip_pool = name == "bilinear" ? Pool::bilinear : (name == "average" ? Pool::average : Pool::max);
  }

  /// `text`: a value, or words around it.
  static void set_newline(const std::string& text, ModelOptions& options) {
    const auto has = [&](const char* name) { return text.find(name) != std::string::npos; };
    options.clip_newline = has("grid")        ? ClipNewline::grid
                           : has("frame")     ? ClipNewline::frame
                           : has("one_token") ? ClipNewline::one_token
                                              : ClipNewline::no_token;
  }

  /// The options under which the model reads a prompt as the reference was made to; nothing when this class cannot
  /// (tiles and newlines of the original, in a converted class that has neither).
  std::optional<ModelOptions> options_for(const Json& prompt, const ModelOptions& from) const {
    ModelOptions options = from;
    if (const Json* overrides = prompt.find("config_overrides")) {
      if (const Json* mode = overrides->find("mm_spatial_pool_mode")) set_pool(*mode->string(), options);
      if (const Json* at = overrides->find("mm_newline_position")) set_newline(*at->string(), options);
      if (const Json* merge = overrides->find("mm_patch_merge_type"))
        options.merge = *merge->string() == "flat" ? MergeType::flat : MergeType::spatial;
    }
    const Json* slots = prompt.find("slots");
    if (slots == nullptr) return options;
    const bool stacked = *prompt.find("handed")->string() == "stacked";
    for (const Json& slot : slots->items()) {
      const std::string& reading = *slot.find("reading")->string();
      if (reading == "frames" ? !newlines_ : (reading == "native" ? !anyres_ : !newlines_ && !stacked))
        return std::nullopt;
      if (reading == "native") options.several = SeveralImages::anyres;
      else if (reading == "pad") options.several = stacked ? SeveralImages::stacked_pad : SeveralImages::list_pad;
      else if (reading == "square")
        options.several = stacked ? SeveralImages::stacked_square : SeveralImages::list_square;
    }
    return options;
  }

  /// Whether two prompts can be asked of one engine.
  static bool same(const ModelOptions& a, const ModelOptions& b) {
    return a.several == b.several && a.clip_pool == b.clip_pool && a.clip_newline == b.clip_newline &&
           a.clip_pool_place == b.clip_pool_place && a.merge == b.merge;
  }

  bool too_long(const Json& prompt) const {
    return options_.longest > 0 && prompt.find("merged_length")->integer() > options_.longest;
  }

  /// The prompts that this class can read, by the options that they need.
  struct Way {
    ModelOptions options;
    std::vector<std::pair<std::string, const Json*>> prompts;
  };
  std::vector<Way> ways(const ModelOptions& from) const {
    std::vector<Way> all;
    for (const auto& [name, prompt] : prompts().members()) {
      const std::optional<ModelOptions> options = options_for(prompt, from);
      if (!options || too_long(prompt)) continue;
      const auto found = std::ranges::find_if(all, [&](const Way& way) { return same(way.options, *options); });
      Way& way = found != all.end() ? *found : all.emplace_back(*options);
      way.prompts.emplace_back(name, &prompt);
    }
    return all;
  }

  /// Rows that a probe needs for the longest prompt.
  int64_t most_rows() const {
    int64_t most = 2048;
    for (const auto& [name, prompt] : prompts().members()) {
      if (!too_long(prompt)) most = std::max(most, *prompt.find("merged_length")->integer() + kPageTokens);
    }
    return most;
  }
  Probe probe_of(const ModelOptions& options) const {
    return {read_config(options), options_.device, most_rows(), options_.instructions};
  }

  void pixels(const std::string& stage, const std::string& prefix, const ModelOptions& options,
              const TensorStore& expected) {
    const ModelConfig config = read_config(options);
    const std::array<float, 768> table = normalisation_table(config.image);
    const size_t area = static_cast<size_t>(config.vision.image_size * config.vision.image_size);
    const auto digest_of = [&](const std::vector<uint8_t>& tiles) {
      std::vector<float> values(tiles.size());
      for (size_t i = 0; i < tiles.size(); ++i) values[i] = table[i / area % 3 * 256 + tiles[i]];
      return sha256_hex(values.data(), values.size() * 4);
    };
    for (const auto& [file, facts] : golden_.json().find("images")->members()) {
      const ImageView image = golden_.image(file);
      const bool frame = facts.find("frame") != nullptr;
      const bool tiled = facts.find("tokens") != nullptr && !frame;
      const Reading reading = frame ? config.readings(std::array<int32_t, 1>{0})[0] : config.alone();
      const std::string key = prefix + "image." + stem_of(file) + ".tiles_u8";
      if (expected.has(key) && (anyres_ || !newly_made())) {
        const std::vector<uint8_t> tiles = make_tiles(config, reading.aspect, image);
        const HostTensor tensor = expected.get(key);
        report_.equal(stage, key,
                      tensor.bytes() == tiles.size() &&
                          std::equal(tiles.begin(), tiles.end(), static_cast<const uint8_t*>(tensor.data)));
      }
      if (!prefix.empty()) continue;
      if (const Json* digest = facts.find("decoded_rgb_sha256"))
        report_.equal("decoded RGB", file,
                      sha256_hex(image.rgb, static_cast<size_t>(image.width * image.height * 3)) == *digest->string());
      const std::pair<const char*, AspectRatio> squares[] = {{"pad_pixel_values_sha256", AspectRatio::pad},
                                                             {"square_pixel_values_sha256", config.whole()}};
      for (const auto& [name, aspect] : squares) {
        if (const Json* digest = facts.find(name))
          report_.equal("pixel_values, whole", file + " " + name,
                        digest_of(make_tiles(config, aspect, image)) == *digest->string());
      }
      if (tiled && !anyres_ && newly_made()) continue;  // the original's tiles, in a class without
      report_.equal(
          "pixel_values", file,
          digest_of(make_tiles(config, reading.aspect, image)) == *facts.find("pixel_values_sha256")->string());
      if (tiled)
        report_.equal("token counts", file,
                      arrange(config, reading, image.width, image.height).tokens == facts.find("tokens")->integer());
    }
  }

  /// Whether the case says how each image of a prompt is read.
  bool newly_made() const { return prompts().members().front().second.find("slots") != nullptr; }

  void compare(const std::string& stage, const std::string& key, const Rows& rows, double tolerance) {
    const std::vector<float> expected = floats_of(golden_.expected().get(key));
    if (expected.size() != rows.values.size()) report_.broken(stage, key + " has another size");
    else
      report_.difference(stage, key, largest_difference(expected.data(), rows.values.data(), expected.size()),
                         tolerance);
  }

  /// Rows without the class rows of every tile.
  static Rows without_class(const Rows& rows, const VisionConfig& vision) {
    if (!vision.class_row()) return rows;
    const int64_t per_tile = vision.tower_rows();
    Rows out{rows.rows / per_tile * (per_tile - 1), rows.cols, {}};
    for (int64_t r = 0; r < rows.rows; ++r) {
      if (r % per_tile != 0) out.values.insert(out.values.end(), rows.row(r), rows.row(r) + rows.cols);
    }
    return out;
  }

  void vision() {
    if (!anyres_ && newly_made()) return;  // recorded of the original's tiles
    Probe probe = probe_of(base_);
    const VisionConfig& tower = probe.config().vision;
    const Reading reading = probe.config().alone();
    const int64_t used = tower.layers_used;
    const TensorStore& expected = golden_.expected();
    for (const auto& [file, facts] : golden_.json().find("images")->members()) {
      const std::string name = "image." + stem_of(file) + ".";
      if (facts.find("frame") != nullptr) continue;
      const ImageView image = golden_.image(file);
      std::map<std::string, Rows> taps;
      const Rows projected = probe.encode(image, reading, &taps);
      if (expected.has(name + "vision_embeddings"))
        compare("tower embeddings", name + "vision_embeddings", taps["vision_embeddings 0"], kVision);
      for (int64_t layer = 0; layer <= used; ++layer) {
        const std::string key = name + "vision_hidden_" + std::to_string(layer);
        if (expected.has(key)) compare("tower states", key, taps["vision_hidden " + std::to_string(layer)], kVision);
      }
      if (expected.has(name + "vision_selected"))
        compare("tower", name + "vision_selected", without_class(taps["vision_hidden " + std::to_string(used)], tower),
                kVision);
      if (expected.has(name + "projected"))
        compare("projected", name + "projected", without_class(projected, tower), kVision);
      const Json* first = facts.find("packed_row_sums_first");
      if (!expected.has(name + "packed") && first == nullptr) continue;
      const Rows packed = probe.pack(image, reading);
      if (expected.has(name + "packed")) compare("packed", name + "packed", packed, kVision);
      if (first == nullptr) continue;
      compare_sums(file + " first rows", packed, 0, *first);
      compare_sums(file + " last rows", packed, packed.rows - 4, *facts.find("packed_row_sums_last"));
    }
  }

  /// Sums over the columns of some packed rows.
  void compare_sums(const std::string& what, const Rows& packed, int64_t from, const Json& sums) {
    double largest = 0.0;
    for (size_t i = 0; i < sums.items().size(); ++i) {
      const float* row = packed.row(from + static_cast<int64_t>(i));
      double sum = 0.0;
      for (int64_t c = 0; c < packed.cols; ++c) sum += static_cast<double>(row[c]);
      largest = std::max(largest, std::fabs(sum - *sums.items()[i].number()));
    }
    report_.difference("packed, row sums", what, largest, kVision * std::sqrt(static_cast<double>(packed.cols)));
  }

  /// Sizes, resized bytes and normalised patches of both resizers.
  void any_size_pixels() {
    for (const auto& [file, facts] : golden_.json().find("images")->members()) {
      const ImageView image = golden_.image(file);
      if (const Json* digest = facts.find("decoded_rgb_sha256"))
        report_.equal("decoded RGB", file,
                      sha256_hex(image.rgb, static_cast<size_t>(image.width * image.height * 3)) == *digest->string());
      const ModelConfig config = read_config(base_);
      const Arrangement a = arrange(config, config.alone(), image.width, image.height);
      report_.equal("token counts", file, a.tokens == facts.find("tokens")->integer());
      report_.equal("resized sizes", file,
                    a.resized.width == facts.find("resized")->items()[0].integer() &&
                        a.resized.height == facts.find("resized")->items()[1].integer());
      patch_values("pixel_values", file, config, facts);
      if (const Json* fast = facts.find("fast")) {
        ModelOptions torchvision = base_;
        torchvision.resizer = Resizer::torchvision;
        patch_values("pixel_values, torchvision", file, read_config(torchvision), *fast);
      }
    }
  }

  void patch_values(const std::string& stage, const std::string& file, const ModelConfig& config, const Json& facts) {
    const ImageView image = golden_.image(file);
    const Arrangement a = arrange(config, config.alone(), image.width, image.height);
    if (const Json* digest = facts.find("resized_u8_sha256")) {
      const Image resized = resize_bicubic(image, a.resized.width, a.resized.height, config.image.resizer);
      report_.equal(stage + ", resized", file, sha256_hex(resized.rgb.data(), resized.rgb.size()) == *digest->string());
    }
    report_.equal(stage, file, patch_digest(config, image) == *facts.find("pixel_values_sha256")->string());
  }

  void any_size_vision() {
    Probe probe = probe_of(base_);
    const TensorStore& expected = golden_.expected();
    for (const auto& [file, facts] : golden_.json().find("images")->members()) {
      const std::string name = "image." + stem_of(file) + ".";
      std::map<std::string, Rows> taps;
      const Rows packed = probe.encode(golden_.image(file), probe.config().alone(), &taps);
      for (const std::string what : {"vision_embeddings", "vision_selected"}) {
        if (expected.has(name + what)) compare("tower", name + what, taps[what + " 0"], kVision);
      }
      for (int64_t layer = 0; layer <= probe.config().vision.layers; ++layer) {
        const std::string key = name + "vision_hidden_" + std::to_string(layer);
        if (expected.has(key)) compare("tower states", key, taps["vision_hidden " + std::to_string(layer)], kVision);
      }
      if (expected.has(name + "packed")) compare("packed", name + "packed", packed, kVision);
    }
    if (expected.has("clip.packed")) frame_windows(probe);
  }

  /// One grid of several frames: each the image's patches, rolled down by its number.
  void frame_windows(Probe& probe) {
    const Json& clip = *golden_.json().find("clip");
    const ImageView image = golden_.image(*clip.find("image")->string());
    const std::vector<uint8_t> one = make_tiles(probe.config(), AspectRatio::any_size, image);
    const Arrangement a = arrange(probe.config(), probe.config().alone(), image.width, image.height);
    const auto patch = static_cast<int64_t>(one.size()) / a.patches();
    std::vector<uint8_t> all;
    const int64_t frames = *clip.find("frames")->integer();
    for (int64_t frame = 0; frame < frames; ++frame) {
      std::vector<uint8_t> rolled = one;
      std::rotate(rolled.begin(), rolled.end() - frame * patch, rolled.end());
      all.insert(all.end(), rolled.begin(), rolled.end());
    }
    compare("frame windows", "clip.packed", probe.encode_grids(all, {PatchGrid{a.rows, a.columns, frames, 0}}, 0),
            kVision);
  }

  /// The published forward's reading of several images, and the working types.
  void any_size() {
    if (const TensorStore* alternative = golden_.alternative()) {
      ModelOptions hub = base_;
      hub.several = SeveralImages::hub;
      logits("logits, hub", "hub.prompt.", hub, *alternative, false);
      hub_answers(hub, *alternative);
    }
    for (const DType dtype : {DType::bf16, DType::f16}) {
      ModelOptions half = base_;
      half.dtype = dtype;
      logits(std::string("logits, ") + name_of(dtype), "prompt.", half, golden_.expected(), true);
    }
  }

  /// Packed vectors of a whole prompt, and greedy answers and log-likelihoods through the engine.
  void hub_answers(const ModelOptions& hub, const TensorStore& alternative) {
    for (const auto& [name, prompt] : prompts().members()) {
      const std::string key = "hub.prompt." + name + ".packed";
      if (alternative.has(key)) {
        Probe probe = probe_of(hub);
        const Rows all = probe.pack_prompt(prompt_of(prompt));
        const std::vector<float> wanted = floats_of(alternative.get(key));
        if (wanted.size() != all.values.size()) report_.broken("packed, hub", key + " has another size");
        else
          report_.difference("packed, hub", key, largest_difference(wanted.data(), all.values.data(), wanted.size()),
                             kVision);
      }
    }
    Way way{hub, {}};
    for (const auto& [name, prompt] : prompts().members()) {
      if (prompt.find("hub_greedy") != nullptr) way.prompts.emplace_back(name, &prompt);
    }
    ask_all(way, "hub_");
  }

  void logits(const std::string& stage, const std::string& prefix, const ModelOptions& options,
              const TensorStore& expected, bool half) {
    double total = 0.0;
    double count = 0.0;
    for (const Way& way : ways(options)) {
      std::optional<Probe> probe;
      for (const auto& [name, prompt] : way.prompts) {
        const std::string key = prefix + name + ".logits_last";
        if (half && !golden_.expected().has("bf16.prompt." + name + ".logits_last")) continue;
        if (!half && prefix == "prompt.")
          compare_packed(prefix + name + ".packed", way.options, *prompt, probe, expected);
        if (!expected.has(key)) continue;
        if (!probe) probe.emplace(read_config(way.options), options_.device, most_rows(), options_.instructions);
        const Rows rows = probe->prefill({prompt_of(*prompt)})[0];
        if (rows.rows != *prompt->find("merged_length")->integer() && prefix == "prompt.")
          report_.broken(stage, key + ": merged length");
        const std::vector<float> difference = compare_logits(stage, key, rows, expected.get(key), half);
        for (const float d : difference) total += static_cast<double>(d);
        count += static_cast<double>(difference.size());
      }
    }
    if (half && count > 0.0) report_.difference(stage + " mean", "all prompts", total / count, kBf16Mean);
  }

  /// Compares the last rows; the differences of all values.
  std::vector<float> compare_logits(const std::string& stage, const std::string& key, const Rows& rows,
                                    const HostTensor& tensor, bool half) {
    const std::vector<float> wanted = floats_of(tensor);
    const int64_t last = std::min(rows.rows, tensor.shape[0]);
    const float* got = rows.row(rows.rows - last);
    const float* want = wanted.data() + (tensor.shape[0] - last) * rows.cols;
    const auto n = static_cast<size_t>(last * rows.cols);
    report_.difference(stage, key, largest_difference(got, want, n), half ? kBf16Max : kLogits);
    std::vector<float> difference(n);
    for (size_t i = 0; i < n; ++i) difference[i] = std::fabs(got[i] - want[i]);
    return difference;
  }

  /// Vectors of the first slot, where they were recorded: a still, or a clip frame by frame.
  void compare_packed(const std::string& key, const ModelOptions& options, const Json& prompt,
                      std::optional<Probe>& probe, const TensorStore& expected) {
    if (!expected.has(key)) return;
    if (!probe) probe.emplace(read_config(options), options_.device, most_rows(), options_.instructions);
    const ProbePrompt given = prompt_of(prompt);
    const std::vector<Reading> readings = probe->config().readings(given.clips);
    const size_t images = prompt.find("slots")->items()[0].find("files")->items().size();
    Rows all;
    for (size_t i = 0; i < images; ++i) {
      const Rows rows = probe->pack(given.images[i], readings[i]);
      all.rows += rows.rows;
      all.cols = rows.cols;
      all.values.insert(all.values.end(), rows.values.begin(), rows.values.end());
    }
    const std::vector<float> wanted = floats_of(expected.get(key));
    if (wanted.size() != all.values.size()) report_.broken("packed, slots", key + " has another size");
    else
      report_.difference("packed, slots", key, largest_difference(wanted.data(), all.values.data(), wanted.size()),
                         kVision);
  }

  /// What a converted class, or the code that NeXT-Video was released with, makes of the prompts on its own.
  void own_reading(const TensorStore& alternative) {
    for (const std::string version : {"hf445", "hf5"}) {
      std::optional<Probe> probe;
      for (const auto& [name, prompt] : prompts().members()) {
        const std::string at = version + ".prompt." + name;
        if (!alternative.has(at + ".logits_last")) continue;
        if (!probe) probe.emplace(read_config(own_), options_.device, most_rows(), options_.instructions);
        compare_packed(at + ".packed", own_, prompt, probe, alternative);
        const Rows rows = probe->prefill({prompt_of(prompt)})[0];
        const Json& facts = *golden_.json().find("converted")->find(version)->find("prompts")->find(name);
        report_.equal("merged length, " + version, name, rows.rows == facts.find("merged_length")->integer());
        compare_logits("logits, " + version, at, rows, alternative.get(at + ".logits_last"), false);
      }
    }
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
    Probe probe = probe_of(base_);
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
    const TensorStore& expected = golden_.expected();
    for (const Way& way : ways(base_)) {
      for (const auto& [name, prompt] : way.prompts) {
        const std::string at = "prompt." + name + ".";
        if (!expected.has(at + "inputs_embeds")) continue;
        Probe probe = probe_of(way.options);
        std::map<std::string, Rows> taps;
        const Rows rows = probe.prefill({prompt_of(*prompt)}, &taps)[0];
        compare("embeds", at + "inputs_embeds", taps["inputs_embeds 0"], kVision);
        if (expected.has(at + "logits")) compare("logits, all positions", at + "logits", rows, kLogits);
        // The last recorded state is after the final norm, which the engine computes for wanted rows only.
        for (int64_t layer = 1; layer < probe.config().text.layers; ++layer) {
          const std::string key = at + "lm_hidden_" + std::to_string(layer);
          if (expected.has(key)) compare("decoder states", key, taps["lm_hidden " + std::to_string(layer)], kLogits);
        }
      }
    }
  }

  struct Asked {
    std::string name;
    const Json* prompt;
    std::string kind;
    std::string reading;  // in front of the expectations' names: "hub_", or nothing
    std::promise<Answer> promise;
  };

  /// Greedy answers, repetition penalty, log-likelihoods and stop tokens through the engine, everything in flight at
  /// once.
  void engine() {
    for (const Way& way : ways(base_)) ask_all(way, "");
  }

  void ask_all(const Way& way, const std::string& reading) {
    EngineOptions options;
    options.model = way.options;
    options.device = options_.device;
    options.instructions = options_.instructions;
    options.token_budget = 256;
    options.max_context = std::max<int64_t>(most_rows() / 2, 1024);
    for (const auto& [name, prompt] : way.prompts)
      options.max_context = std::max(options.max_context, *prompt->find("merged_length")->integer() + kPageTokens);
    Engine engine(options);
    std::vector<std::unique_ptr<Asked>> asked;
    uint64_t next_id = 1;
    const auto ask = [&](const std::string& name, const Json& prompt, const std::string& kind,
                         const std::function<void(Request&)>& set) {
      Request request;
      request.id = next_id++;
      const ProbePrompt given = prompt_of(prompt);
      request.tokens = given.ids;
      for (size_t i = 0; i < given.images.size(); ++i) {
        const ImageView& image = given.images[i];
        request.images.push_back({image.width, image.height, image.rgb, *prompt.find("images")->items()[i].string(),
                                  given.clips[i], given.times.empty() ? 0 : given.times[i]});
      }
      set(request);
      auto entry = std::make_unique<Asked>();
      entry->name = name;
      entry->prompt = &prompt;
      entry->kind = kind;
      entry->reading = reading;
      Asked* raw = entry.get();
      asked.push_back(std::move(entry));
      engine.submit(std::move(request), {nullptr, [raw](Answer answer) { raw->promise.set_value(std::move(answer)); },
                                         [raw](Failure failure) {
                                           raw->promise.set_exception(std::make_exception_ptr(std::runtime_error(
                                               std::string(name_of(failure.code)) + ": " + failure.message)));
                                         }});
    };
    for (const auto& [name, asked_prompt] : way.prompts) {
      const Json& prompt = *asked_prompt;
      const std::vector<int32_t> greedy = ids_of(*prompt.find(reading + "greedy"));
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
    const std::vector<int32_t> greedy = ids_of(*prompt.find(asked.reading + "greedy"));
    if (asked.kind == "greedy") {
      report_.equal("greedy ids", asked.reading + asked.name,
                    answer.tokens == greedy && answer.finish == Finish::length);
    } else if (asked.kind == "stop") {
      const int32_t stop = greedy[greedy.size() / 2];
      const std::vector<int32_t> before(greedy.begin(), std::find(greedy.begin(), greedy.end(), stop));
      report_.equal("stop tokens", asked.name, answer.tokens == before && answer.finish == Finish::stop);
    } else if (asked.kind == "likelihood") {
      const std::string at = "prompt." + asked.name + ".";
      const auto compare_logprobs = [&](const std::string& key, const std::vector<float>& got) {
        if (!golden_.expected().has(key) || !asked.reading.empty()) return;
        const std::vector<float> wanted = floats_of(golden_.expected().get(key));
        if (wanted.size() < got.size()) report_.broken("log-likelihood", key + " has another size");
        else
          report_.difference("log-likelihood", key, largest_difference(wanted.data(), got.data(), got.size()), kLogits);
      };
      compare_logprobs(at + "continuation_logprobs", answer.continuations[0].logprobs);
      compare_logprobs(at + "greedy_logprobs", answer.continuations[1].logprobs);
      compare_logprobs(at + "greedy_logprobs", answer.continuations[2].logprobs);
      const double sum = *prompt.find(asked.reading + "continuation_logprob")->number();
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
  ModelOptions base_;  // as the reference was made to read: the original's rules
  ModelOptions own_;   // as the checkpoint is read by its own class
  bool anyres_ = false;
  bool newlines_ = false;
  bool converted_ = false;
  bool pooled_before_ = false;
  bool any_size_ = false;
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
      is_file(folder + "/token-counts.json") || is_file(folder + "/token-counts-ov.json") ||
      is_file(folder + "/sizes.json")) {
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
