#include "program/golden_data.h"

#include <cmath>

#include "support/error.h"

namespace llava {

namespace {

constexpr size_t kLargestJson = 256u << 20;

}  // namespace

std::string stem_of(const std::string& file) { return file.substr(0, file.rfind('.')); }

double largest_difference(const float* a, const float* b, size_t count) {
  double largest = 0.0;
  for (size_t i = 0; i < count; ++i) {
    const double d = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(d <= largest)) largest = d;
    if (std::isnan(d)) return d;
  }
  return largest;
}

std::map<std::string, Picture> read_pictures(const std::string& path) {
  std::map<std::string, Picture> pictures;
  const TensorStore store = TensorStore::open_file(path);
  for (const auto& [name, entry] : store.list()) {
    const HostTensor tensor = store.get(name);
    const bool grey = tensor.shape.size() == 2;
    if (tensor.dtype != DType::u8 || (!grey && (tensor.shape.size() != 3 || tensor.shape[2] != 3))) {
      throw Error("picture " + name + " is no uint8 [h, w, 3] or [h, w]", path, "Write the file again.");
    }
    Picture picture{tensor.shape[1], tensor.shape[0], {}};
    const auto* bytes = static_cast<const uint8_t*>(tensor.data);
    if (grey) {
      for (int64_t i = 0; i < tensor.count(); ++i) picture.rgb.insert(picture.rgb.end(), 3, bytes[i]);
    } else {
      picture.rgb.assign(bytes, bytes + tensor.count());
    }
    pictures.emplace(name, std::move(picture));
  }
  return pictures;
}

GoldenCase::GoldenCase(std::string folder, std::string expected_folder, std::string pictures)
    : folder_(std::move(folder)) {
  const std::string path = expected_folder + "/expected.json";
  json_ = Json::parse(read_text(path, kLargestJson), path);
  expected_ = TensorStore::open_file(expected_folder + "/expected.safetensors");
  if (is_file(expected_folder + "/expected_alt.safetensors"))
    alternative_ = TensorStore::open_file(expected_folder + "/expected_alt.safetensors");
  if (pictures.empty()) pictures = expected_folder + "/images.safetensors";
  if (!is_file(pictures)) {
    throw Error("no decoded pictures (images.safetensors)", expected_folder,
                "Run `npm run golden -- DIR`, which decodes the images first.");
  }
  pictures_ = read_pictures(pictures);
}

PictureView GoldenCase::picture(const std::string& file) const {
  const auto found = pictures_.find(file);
  if (found == pictures_.end())
    throw Error("picture " + file + " was not decoded", folder_, "Decode the images again.");
  return {found->second.width, found->second.height, found->second.rgb.data()};
}

}  // namespace llava
