// What happens to pixels: grid pinpoints and the image processor's config.

#include <charconv>

#include "models/config_parts.h"
#include "support/error.h"
#include "support/mapped_file.h"

namespace llava {

namespace {

constexpr size_t kMostPinpoints = 4096;
constexpr size_t kLargestConfig = 16u << 20;

/// All non-negative integers in a text, in order.
std::vector<int64_t> integers_in(const std::string& text) {
  std::vector<int64_t> out;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    int64_t value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error == std::errc() && value >= 0) {
      out.push_back(value);
      at = next;
    } else {
      ++at;
    }
  }
  return out;
}

std::array<double, 3> read_triple(Fields& fields, const char* key, std::array<double, 3> fallback) {
  const Json* value = fields.any(key);
  if (value == nullptr) return fallback;
  if (value->items().size() != 3)
    throw Error(std::string(key) + " is no list of three numbers", fields.where(), "Correct the file.");
  std::array<double, 3> out = {};
  for (size_t c = 0; c < 3; ++c) {
    const auto number = value->items()[c].number();
    if (!number || !(*number > -100.0 && *number < 100.0))
      throw Error(std::string(key) + " is no list of three numbers", fields.where(), "Correct the file.");
    out[c] = *number;
  }
  return out;
}

/// {"shortest_edge": 336}, {"height": 336, "width": 336} or 336. Of a size that is no square nothing.
std::optional<int64_t> read_edge(Fields& fields, const char* key, int64_t fallback) {
  const Json* value = fields.any(key);
  if (value == nullptr) return fallback;
  if (const auto plain = value->integer()) return *plain;
  const auto member = [&](const char* name) {
    const Json* found = value->is_object() ? value->find(name) : nullptr;
    return found != nullptr ? found->integer() : std::nullopt;
  };
  if (const auto edge = member("shortest_edge")) return *edge;
  const auto height = member("height");
  const auto width = member("width");
  if (!height || !width) fields.wrong(key, "an integer, or an object with shortest_edge, or with height and width");
  return *height == *width ? height : std::nullopt;
}

}  // namespace

std::optional<int64_t> most_tiles_of(const std::string& aspect) {
  constexpr std::string_view kBegin = "anyres_max_";
  if (!aspect.starts_with(kBegin)) return std::nullopt;
  const std::string digits = aspect.substr(kBegin.size());
  if (digits.empty() || digits.size() > 4 || digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const int64_t k = std::stoll(digits);
  return k > 0 ? std::optional(k) : std::nullopt;
}

SeveralImages each_alone(const ImageConfig& image) {
  switch (image.aspect_ratio) {
    case AspectRatio::anyres: return SeveralImages::anyres;
    case AspectRatio::pad: return SeveralImages::list_pad;
    case AspectRatio::crop:
    case AspectRatio::squeeze: return SeveralImages::list_square;
    case AspectRatio::any_size: return SeveralImages::each;
  }
  return SeveralImages::anyres;
}

std::vector<std::pair<int64_t, int64_t>> read_grid(const Json& value, int64_t side, const std::string& where) {
  std::vector<std::pair<int64_t, int64_t>> grid;
  const auto add = [&](int64_t a, int64_t b) {
    if (a < side || b < side || a % side != 0 || b % side != 0 || a > 64 * side || b > 64 * side) {
      throw Error("the grid pinpoint (" + std::to_string(a) + ", " + std::to_string(b) +
                      ") is no multiple of the tile side " + std::to_string(side),
                  where + ", image_grid_pinpoints", "Correct the file.");
    }
    if (grid.size() == kMostPinpoints)
      throw Error("too many grid pinpoints", where + ", image_grid_pinpoints", "Correct the file.");
    grid.emplace_back(a, b);
  };
  if (const std::string* text = value.string()) {
    const std::vector<int64_t> numbers = integers_in(*text);
    if (numbers.empty() || numbers.size() % 2 != 0)
      throw Error("image_grid_pinpoints holds no pairs", where, "Correct the file.");
    if (text->find('x') != std::string::npos) {
      // "(1x1),...,(6x6)": every pair between the first and the last, in tiles, the first factor outer.
      if (numbers[0] < 1 || numbers[1] < 1 || numbers[numbers.size() - 2] > 64 || numbers.back() > 64) {
        throw Error("image_grid_pinpoints spans no sensible range", where, "Correct the file.");
      }
      for (int64_t i = numbers[0]; i <= numbers[numbers.size() - 2]; ++i) {
        for (int64_t j = numbers[1]; j <= numbers.back(); ++j) add(i * side, j * side);
      }
    } else {
      for (size_t i = 0; i < numbers.size(); i += 2) add(numbers[i], numbers[i + 1]);
    }
  } else {
    for (const Json& pair : value.items()) {
      if (pair.items().size() != 2 || !pair.items()[0].integer() || !pair.items()[1].integer()) {
        throw Error("image_grid_pinpoints is no list of pairs", where, "Correct the file.");
      }
      add(*pair.items()[0].integer(), *pair.items()[1].integer());
    }
  }
  if (grid.empty()) throw Error("image_grid_pinpoints is empty", where, "Correct the file.");
  return grid;
}

namespace {

/// `name`: the file's, without its ending.
void read_image_processor(const Json& json, const std::string& name, const std::string& path, ModelConfig& config) {
  if (!json.is_object()) throw Error("the file holds no object", path, "Download it again.");
  Fields fields(json, path);
  config.image.mean = read_triple(fields, "image_mean", config.image.mean);
  config.image.std = read_triple(fields, "image_std", config.image.std);
  for (const double s : config.image.std) {
    if (!(s > 0.0)) throw Error("image_std must be positive", path, "Correct the file.");
  }
  config.image.rescale = fields.number("rescale_factor", 1.0 / 255.0, 1e-9, 1e3);  // 0 makes every image black
  const int64_t side = config.vision.image_size;
  if (config.vision.any_size()) read_pixel_bounds(fields, name, config);
  for (const char* key : {"size", "crop_size"}) {
    if (config.vision.any_size()) {  // its bounds are another field's
      fields.any(key);
      continue;
    }
    const auto edge = read_edge(fields, key, side);
    if (config.vision_read && edge != side) {
      config.unsupported.push_back({Part::image, name + " " + key, json.find(key)->dump(),
                                    "it differs from the tower's image_size " + std::to_string(side)});
    }
  }
  if (const int64_t resample = fields.integer("resample", 3, 0, 100); resample != 3) {
    config.unsupported.push_back(
        {Part::image, name + " resample", std::to_string(resample), "only bicubic (3) is implemented"});
  }
  for (const char* key : {"do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb"}) {
    if (!fields.boolean(key, true))
      config.unsupported.push_back({Part::image, name + " " + key, "false", "this step is always done"});
  }
  if (fields.boolean("do_pad", false) && config.image.aspect_ratio == AspectRatio::crop) {
    // LLaVA-NeXT processors pad batches of tiles with it, which has no effect here; 1.5 processors pad images to
    // squares.
    const std::string type = fields.string("image_processor_type", "");
    if (type.find("Next") == std::string::npos) {
      config.unsupported.push_back(
          {Part::image, name + " do_pad", "true", "choose the reading with the aspect-ratio option"});
    }
  }
  fields.ignore(harmless_fields(FieldObject::image_processor));
  for (const std::string& key : fields.unread()) config.unknown.push_back(name + "." + key);
}

}  // namespace

void read_preprocessor(const std::string& folder, ModelConfig& config) {
  // As transformers 5 looks: what its processors save in one file wins over the older file of the image processor
  // alone.
  const std::string newer = folder + "/processor_config.json";
  if (is_file(newer)) {
    const Json json = Json::parse(read_text(newer, kLargestConfig), newer);
    if (!json.is_object()) throw Error("the file holds no object", newer, "Download it again.");
    if (const Json* nested = json.find("image_processor"); nested != nullptr && !nested->is_null()) {
      return read_image_processor(*nested, "processor_config", newer + ", image_processor", config);
    }
  }
  const std::string older = folder + "/preprocessor_config.json";
  if (is_file(older))
    read_image_processor(Json::parse(read_text(older, kLargestConfig), older), "preprocessor_config", older, config);
}

}  // namespace llava
