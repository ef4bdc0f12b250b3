#include "program/golden_preprocess.h"

#include "models/image/anyres.h"
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
  const std::vector<uint8_t> tiles = make_tiles(config, {image.width, image.height, image.rgb.data()});
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
      const Arrangement a = arrange(config, at(*row.find("size"), 0), at(*row.find("size"), 1));
      const bool same = a.grid_columns == at(*expected, 0) && a.grid_rows == at(*expected, 1) &&
                        a.rows == at(*expected, 2) && a.columns == at(*expected, 3) && a.tokens == at(*expected, 4) &&
                        static_cast<int64_t>(packing(config, a).size()) == a.tokens;
      report.equal("token counts", row.find("size")->dump() + " " + name, same);
    }
  }
}

}  // namespace

void run_preprocess(const std::string& folder, const std::string& images, CaseReport& report) {
  try {
    if (is_file(folder + "/resize.json"))
      resize(folder, images.empty() ? folder + "/images.safetensors" : images, report);
    if (is_file(folder + "/anyres-336.json")) anyres(folder, report);
    if (is_file(folder + "/token-counts.json")) token_counts(folder, report);
  } catch (const std::exception& error) {
    report.broken("preprocess", error.what());
  }
}

}  // namespace llava
