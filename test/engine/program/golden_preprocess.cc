#include "program/golden_preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "models/config_parts.h"
#include "models/image/anyres.h"
#include "models/image/shrink.h"
#include "models/image/tiles.h"
#include "program/golden_data.h"
#include "program/sha256.h"
#include "support/error.h"

namespace llava {

namespace {

constexpr size_t kLargestJson = 256u << 20;

Json read_json(const std::string& path) { return Json::parse(read_text(path, kLargestJson), path); }

/// The goldens' image without a file: a function of the coordinates.
Image formula_image(int64_t width, int64_t height) {
  Image image{width, height, {}};
  image.rgb.reserve(static_cast<size_t>(width * height * 3));
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c)
        image.rgb.push_back(
            static_cast<uint8_t>((7 * x + 13 * y + 29 * c + ((x * y) >> 3) + 5 * ((x ^ y) & 31)) & 255));
    }
  }
  return image;
}

int64_t at(const Json& list, size_t index) { return *list.items()[index].integer(); }

/// ViT-L/14-336 with a list of canvases, without a checkpoint.
ModelConfig geometry(const Json& pinpoints, int64_t tile, int64_t patch) {
  ModelConfig config;
  config.vision.image_size = tile;
  config.vision.patch_size = patch;
  config.image.aspect_ratio = AspectRatio::anyres;
  config.image.merge = MergeType::spatial_unpad;
  config.image.newline = true;
  for (const Json& pair : pinpoints.items()) config.image.grid.emplace_back(at(pair, 0), at(pair, 1));
  return config;
}

void resize(const std::string& folder, const std::string& images_path, CaseReport& report) {
  const std::map<std::string, Image> images = read_images(images_path);
  const Json entries = read_json(folder + "/resize.json");
  for (const Json& entry : entries.items()) {
    const std::string source = *entry.find("source")->string();
    const Json& from = *entry.find("source_size");
    const Json& to = *entry.find("target_size");
    Image drawn;
    const Image* image = nullptr;
    if (source == "formula") {
      drawn = formula_image(at(from, 0), at(from, 1));
      image = &drawn;
    } else {
      const auto found = images.find(source);
      if (found == images.end()) {
        report.broken("resize", source + " was not decoded");
        continue;
      }
      image = &found->second;
    }
    const Image out = resize_bicubic({image->width, image->height, image->rgb.data()}, at(to, 0), at(to, 1));
    std::vector<uint8_t> bytes = out.rgb;
    if (*entry.find("mode")->string() == "L") {
      bytes.clear();
      for (size_t i = 0; i < out.rgb.size(); i += 3) bytes.push_back(out.rgb[i]);
    }
    report.equal("resize", source + " to " + to.dump(),
                 sha256_hex(bytes.data(), bytes.size()) == *entry.find("sha256")->string());
  }
}

/// Compares tiles and normalised values of one reading.
void compare_tiles(const ModelConfig& config, const Image& image, const Json& expected, const std::string& what,
                   CaseReport& report) {
  const std::vector<uint8_t> tiles =
      make_tiles(config, config.image.aspect_ratio, {image.width, image.height, image.rgb.data()});
  const size_t area = static_cast<size_t>(config.vision.image_size * config.vision.image_size);
  const Json* list = expected.find("tiles_u8_nchw_sha256");
  if (list == nullptr) {
    report.equal("anyres tiles", what,
                 sha256_hex(tiles.data(), tiles.size()) == *expected.find("tile_u8_chw_sha256")->string());
  } else {
    report.equal("anyres tiles", what + " count", list->items().size() * 3 * area == tiles.size());
    for (size_t i = 0; i < list->items().size() && (i + 1) * 3 * area <= tiles.size(); ++i) {
      report.equal("anyres tiles", what + " tile " + std::to_string(i),
                   sha256_hex(tiles.data() + i * 3 * area, 3 * area) == *list->items()[i].string());
    }
  }
  const std::array<float, 768> table = normalisation_table(config.image);
  std::vector<float> values(tiles.size());
  for (size_t i = 0; i < tiles.size(); ++i) values[i] = table[i / area % 3 * 256 + tiles[i]];
  report.equal("anyres pixel_values", what,
               sha256_hex(values.data(), values.size() * 4) == *expected.find("pixel_values_f32_sha256")->string());
}

void anyres(const std::string& folder, CaseReport& report) {
  static const Json kPinpoints = Json::parse("[[336,672],[672,336],[672,672],[1008,336],[336,1008]]", "pinpoints");
  ModelConfig config = geometry(kPinpoints, 336, 14);
  const Json entries = read_json(folder + "/anyres-336.json");
  for (const Json& entry : entries.items()) {
    const Image image = formula_image(at(*entry.find("size"), 0), at(*entry.find("size"), 1));
    for (const char* reading : {"wh", "hw", "pad"}) {
      const Json* expected = entry.find(reading);
      if (expected == nullptr) continue;
      config.image.grid_order = std::string(reading) == "hw" ? GridOrder::hw : GridOrder::wh;
      config.image.aspect_ratio = std::string(reading) == "pad" ? AspectRatio::pad : AspectRatio::anyres;
      const std::string what = entry.find("size")->dump() + " " + reading;
      if (const Json* best = expected->find("best")) {
        const auto canvas = choose_canvas(config.image, image.width, image.height);
        report.equal("anyres canvas", what, canvas.first == at(*best, 0) && canvas.second == at(*best, 1));
      }
      compare_tiles(config, image, *expected, what, report);
    }
  }
}

void token_counts(const std::string& folder, CaseReport& report) {
  const Json counts = read_json(folder + "/token-counts.json");
  ModelConfig config =
      geometry(*counts.find("pinpoints"), *counts.find("tile")->integer(), *counts.find("patch")->integer());
  for (const Json& row : counts.find("rows")->items()) {
    for (const char* reading : {"wh", "hw", "hw_rounded"}) {
      const Json* expected = row.find(reading);
      if (expected == nullptr) continue;
      const std::string name = reading;
      config.image.grid_order = name == "wh" ? GridOrder::wh : GridOrder::hw;
      config.image.unpad_rounding = name == "hw_rounded" ? UnpadRounding::round7 : UnpadRounding::trunc;
      const Arrangement a = arrange(config, config.alone(), at(*row.find("size"), 0), at(*row.find("size"), 1));
      const bool same = a.grid_columns == at(*expected, 0) && a.grid_rows == at(*expected, 1) &&
                        a.rows == at(*expected, 2) && a.columns == at(*expected, 3) && a.tokens == at(*expected, 4) &&
                        packing(config, a).tokens() == a.tokens;
      report.equal("token counts", row.find("size")->dump() + " " + name, same);
    }
  }
}

// ------------------------------------------------------------------------------------------ OneVision, 384 pixels

constexpr const char* kFivePairs = "[[384,768],[768,384],[768,768],[1152,384],[384,1152]]";

/// SigLIP so400m with the tiles of `aspect` ("anyres", "anyres_max_9").
ModelConfig onevision(const std::string& aspect, const Json& pinpoints) {
  ModelConfig config;
  config.vision.type = "siglip";
  config.vision.image_size = 384;
  config.vision.patch_size = 14;
  config.image.mean = config.image.std = {0.5, 0.5, 0.5};
  config.image.aspect_ratio = aspect == "pad" ? AspectRatio::pad : AspectRatio::anyres;
  config.image.most_tiles = aspect.starts_with("anyres_max_") ? std::stoll(aspect.substr(11)) : 0;
  config.image.merge = MergeType::spatial_unpad;
  config.image.newline = true;
  config.image.grid = read_grid(pinpoints, 384, "pinpoints");
  return config;
}

void onevision_counts(const std::string& folder, CaseReport& report) {
  const Json counts = read_json(folder + "/token-counts-ov.json");
  for (const Json& table : counts.find("tables")->items()) {
    const std::string& aspect = *table.find("image_aspect_ratio")->string();
    const ModelConfig config = onevision(aspect, *table.find("image_grid_pinpoints"));
    const int64_t most = most_tokens(config);
    for (const Json& row : table.find("rows")->items()) {
      const Arrangement a = arrange(config, config.alone(), at(row, 0), at(row, 1));
      const bool same = a.grid_columns == at(row, 2) && a.grid_rows == at(row, 3) && a.tiles == at(row, 4) &&
                        a.rows == at(row, 5) && a.columns == at(row, 6) && a.to_rows == at(row, 7) &&
                        a.to_columns == at(row, 8) && a.shrunk == (at(row, 9) != 0) && a.tokens == at(row, 10) &&
                        packing(config, a).tokens() == a.tokens && a.tokens <= most;
      report.equal("token counts, " + aspect, row.dump(), same);
    }
  }
}

ClipNewline newline_named(const std::string& name) {
  if (name == "grid") return ClipNewline::grid;
  if (name == "frame") return ClipNewline::frame;
  return name == "one_token" ? ClipNewline::one_token : ClipNewline::no_token;
}

Pool pool_named(const std::string& name) {
  if (name == "bilinear") return Pool::bilinear;
  return name == "average" ? Pool::average : Pool::max;
}

MergeType merge_named(const std::string& name) {
  if (name.starts_with("flat")) return MergeType::flat;
  return name.starts_with("spatial_unpad") ? MergeType::spatial_unpad : MergeType::spatial;
}

void clip_counts(const std::string& folder, CaseReport& report) {
  const Json counts = read_json(folder + "/video-counts-ov.json");
  ModelConfig config = onevision("anyres_max_9", Json::of(std::string("(1x1),...,(6x6)")));
  for (const Json& row : counts.find("rows")->items()) {
    const auto& cells = row.items();
    config.clip.newline = newline_named(*cells[0].string());
    config.clip.pool = pool_named(*cells[1].string());
    config.image.merge = merge_named(*cells[2].string());
    int64_t tokens = 0, packed = 0;
    for (const Reading& reading : config.readings(std::vector<int32_t>(static_cast<size_t>(at(row, 4)), 0))) {
      const Arrangement a = arrange(config, reading, 384, 384);
      tokens += a.tokens;
      packed += packing(config, a).tokens();
    }
    report.equal("token counts, clips", row.dump(), tokens == at(row, 5) && packed == tokens);
  }
  for (const Json& row : counts.find("stills")->items()) {
    const std::string& merge = *row.items()[0].string();
    if (merge.find("maxpool") != std::string::npos) continue;  // refused
    ModelConfig still = onevision(*row.items()[1].string(), Json::of(std::string("(1x1),...,(6x6)")));
    still.image.merge = merge_named(merge);
    still.image.base = merge.find("nobase") == std::string::npos;
    const Arrangement a = arrange(still, still.alone(), at(row, 2), at(row, 3));
    report.equal("token counts, merge types", row.dump(),
                 a.tokens == at(row, 4) && packing(still, a).tokens() == a.tokens);
  }
}

void onevision_pixels(const std::string& folder, CaseReport& report) {
  const Json file = read_json(folder + "/anyres-384.json");
  const Json all_pairs = Json::of(std::string("(1x1),...,(6x6)"));
  const Json five_pairs = Json::parse(kFivePairs, "pinpoints");
  for (const Json& row : file.find("rows")->items()) {
    const Image image = formula_image(at(*row.find("size"), 0), at(*row.find("size"), 1));
    for (const std::string reading : {"anyres_max_9", "anyres_five", "pad", "square"}) {
      const Json* expected = row.find(reading);
      if (expected == nullptr) continue;
      ModelConfig config =
          onevision(reading == "anyres_five" ? "anyres" : reading, reading == "anyres_five" ? five_pairs : all_pairs);
      if (reading == "square") config.image.aspect_ratio = config.whole();
      const std::vector<uint8_t> tiles =
          make_tiles(config, config.image.aspect_ratio, {image.width, image.height, image.rgb.data()});
      const std::string what = row.find("size")->dump() + " " + reading;
      const size_t bytes = size_t{3} * 384 * 384;
      const auto& digests = expected->find("tiles_u8_nchw_sha256")->items();
      const auto count = static_cast<size_t>(*expected->find("tiles")->integer());
      report.equal("tiles of 384", what + " count", tiles.size() == count * bytes);
      if (tiles.size() != count * bytes) continue;
      for (size_t i = 0; i < digests.size(); ++i) {
        const size_t tile = digests.size() < count && i + 1 == digests.size() ? count - 1 : i;  // the last one
        report.equal("tiles of 384", what + " tile " + std::to_string(tile),
                     sha256_hex(tiles.data() + tile * bytes, bytes) == *digests[i].string());
      }
      report.equal("tiles of 384", what,
                   sha256_hex(tiles.data(), tiles.size()) == *expected->find("all_u8_sha256")->string());
      const std::array<float, 768> table = normalisation_table(config.image);
      std::vector<float> values(tiles.size());
      for (size_t i = 0; i < tiles.size(); ++i) values[i] = table[i / (size_t{384} * 384) % 3 * 256 + tiles[i]];
      report.equal(
          "pixel_values of 384", what,
          sha256_hex(values.data(), values.size() * 4) == *expected->find("pixel_values_f32_sha256")->string());
    }
  }
}

/// Two channels of a ramp through the shrink and the pools, as mixtures weigh them.
void pools(const std::string& folder, CaseReport& report) {
  const Json file = read_json(folder + "/pool-shrink.json");
  for (const Json& row : file.find("rows")->items()) {
    const std::string& op = *row.find("op")->string();
    const int64_t rows = at(*row.find("source"), 0), columns = at(*row.find("source"), 1);
    const int64_t to_rows = at(*row.find("target"), 0), to_columns = at(*row.find("target"), 1);
    const Mixture mixture =
        op == "shrink" ? shrink_bilinear(rows, columns, to_rows, to_columns) : pool_map(rows, pool_named(op));
    std::vector<double> out;
    for (int64_t channel = 0; channel < 2; ++channel) {
      const auto value = [&](int64_t cell) {
        const int64_t y = cell / columns, x = cell % columns;
        return static_cast<double>((13 * y + 7 * x + 29 * channel + ((x * y) >> 2)) & 63) / 16.0 - 2.0;
      };
      for (size_t i = 0; i < mixture.source.size(); i += 4) {
        double mixed = mixture.weight.empty() ? -1e9 : 0.0;
        for (size_t j = i; j < i + 4; ++j) {
          const double from = value(mixture.source[j]);
          mixed =
              mixture.weight.empty() ? std::max(mixed, from) : mixed + static_cast<double>(mixture.weight[j]) * from;
        }
        out.push_back(mixed);
      }
    }
    const std::string what = op + " " + row.find("source")->dump();
    report.equal("pools, sizes", what, out.size() == static_cast<size_t>(2 * to_rows * to_columns));
    double sum = 0.0, largest = 0.0;
    for (const double value : out) sum += value;
    const auto compare = [&](const Json& list, size_t from) {
      for (size_t i = 0; i < list.items().size(); ++i)
        largest = std::max(largest, std::fabs(out[from + i] - *list.items()[i].number()));
    };
    compare(*row.find("first"), 0);
    compare(*row.find("last"), out.size() - row.find("last")->items().size());
    report.difference("pools", what, largest, 1e-4);
    report.difference("pools, sums", what, std::fabs(sum - *row.find("sum")->number()),
                      1e-5 * static_cast<double>(out.size()));
  }
}

/// Sizes that images of any size take, by the bounds of their checkpoints and the resize that published numbers put first.
void any_sizes(const std::string& folder, CaseReport& report) {
  const Json file = read_json(folder + "/sizes.json");
  const int64_t factor = *file.find("factor")->integer();
  for (const Json& row : file.find("rows")->items()) {
    const Size from = {at(*row.find("size"), 0), at(*row.find("size"), 1)};
    const auto compare = [&](const std::string& key, const std::function<Size()>& resize) {
      const Json* expected = row.find(key);
      if (expected == nullptr) return;
      const bool fails = !expected->is_array();
      bool same = false;
      try {
        const Size size = resize();
        same = !fails && size == Size{at(*expected, 0), at(*expected, 1)};
      } catch (const Error&) {
        same = fails;
      }
      report.equal("smart resize, " + key, row.find("size")->dump(), same);
    };
    compare("qwen_vl_utils", [&] { return smart_resize_first(from, factor); });
    for (const auto& [name, bounds] : file.find("bounds")->members()) {
      const PixelBounds pixels{at(bounds, 0), at(bounds, 1)};
      compare(name, [&] { return smart_resize(from, factor, pixels); });
      compare(name + "_twice", [&] { return smart_resize(smart_resize_first(from, factor), factor, pixels); });
    }
  }
}

/// Resized bytes and normalised patches of Pillow up to 12.1, Pillow 13 and torchvision.
void any_size_pixels(const std::string& folder, CaseReport& report) {
  const Json file = read_json(folder + "/pixels.json");
  for (const Json& row : file.find("rows")->items()) {
    if (*row.find("source")->string() != "formula") continue;  // drawn by a generator that is not there
    const Image image = formula_image(at(*row.find("size"), 0), at(*row.find("size"), 1));
    const ImageView view{image.width, image.height, image.rgb.data()};
    constexpr std::array kResizers = {std::pair{"", Resizer::pillow}, std::pair{"pillow13_", Resizer::pillow_13},
                                      std::pair{"fast_", Resizer::torchvision}};
    for (const auto& [prefix, resizer] : kResizers) {
      ModelConfig config;
      config.vision.type = "rice";
      config.vision.patch_size = 14;
      config.vision.merge = 2;
      config.image.aspect_ratio = AspectRatio::any_size;
      config.image.pixels = {at(*file.find("bounds"), 0), at(*file.find("bounds"), 1)};
      config.image.resizer = resizer;
      // Where Pillow 13 gives the bytes of the older versions there is no row of its own.
      const bool own = row.find(std::string(prefix) + "resized_u8_sha256") != nullptr;
      const std::string key = own ? prefix : "";
      const std::string stage = std::string("resize to any size, ") + (*prefix == 0 ? "pillow" : prefix);
      const Arrangement a = arrange(config, config.alone(), image.width, image.height);
      report.equal(stage + " grid", row.find("size")->dump(),
                   a.rows == at(*row.find("grid_thw"), 1) && a.columns == at(*row.find("grid_thw"), 2));
      const Image resized = resize_bicubic(view, a.resized.width, a.resized.height, resizer);
      report.equal(
          stage, row.find("size")->dump(),
          sha256_hex(resized.rgb.data(), resized.rgb.size()) == *row.find(key + "resized_u8_sha256")->string());
      report.equal(stage + " patches", row.find("size")->dump(),
                   patch_digest(config, view) == *row.find(key + "pixel_values_sha256")->string());
    }
  }
}

}  // namespace

std::string patch_digest(const ModelConfig& config, const ImageView& image) {
  const std::vector<uint8_t> patches = make_tiles(config, AspectRatio::any_size, image);
  const std::array<float, 768> table = normalisation_table(config.image);
  const auto area = static_cast<size_t>(config.vision.patch_size * config.vision.patch_size);
  std::vector<float> values(patches.size());
  for (size_t i = 0; i < patches.size(); ++i) values[i] = table[i / area % 3 * 256 + patches[i]];
  return sha256_hex(values.data(), values.size() * sizeof(float));
}

void run_preprocess(const std::string& folder, const std::string& images, CaseReport& report) {
  try {
    if (is_file(folder + "/resize.json"))
      resize(folder, images.empty() ? folder + "/images.safetensors" : images, report);
    if (is_file(folder + "/anyres-336.json")) anyres(folder, report);
    if (is_file(folder + "/token-counts.json")) token_counts(folder, report);
    if (is_file(folder + "/token-counts-ov.json")) onevision_counts(folder, report);
    if (is_file(folder + "/video-counts-ov.json")) clip_counts(folder, report);
    if (is_file(folder + "/anyres-384.json")) onevision_pixels(folder, report);
    if (is_file(folder + "/pool-shrink.json")) pools(folder, report);
    if (is_file(folder + "/sizes.json")) any_sizes(folder, report);
    if (is_file(folder + "/pixels.json")) any_size_pixels(folder, report);
  } catch (const std::exception& error) {
    report.broken("preprocess", error.what());
  }
}

}  // namespace llava
