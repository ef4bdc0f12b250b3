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

std::map<std::string, Image> read_images(const std::string& path) {
  std::map<std::string, Image> images;
  const TensorStore store = TensorStore::open_file(path);
  for (const auto& [name, entry] : store.list()) {
    const HostTensor tensor = store.get(name);
    const bool grey = tensor.shape.size() == 2;
    if (tensor.dtype != DType::u8 || (!grey && (tensor.shape.size() != 3 || tensor.shape[2] != 3))) {
      throw Error("image " + name + " is no uint8 [h, w, 3] or [h, w]", path, "Write the file again.");
    }
    Image image{tensor.shape[1], tensor.shape[0], {}};
    const auto* bytes = static_cast<const uint8_t*>(tensor.data);
    if (grey) {
      for (int64_t i = 0; i < tensor.count(); ++i) image.rgb.insert(image.rgb.end(), 3, bytes[i]);
    } else {
      image.rgb.assign(bytes, bytes + tensor.count());
    }
    images.emplace(name, std::move(image));
  }
  return images;
}

GoldenCase::GoldenCase(std::string folder, std::string expected_folder, std::string images)
    : folder_(std::move(folder)) {
  const std::string path = expected_folder + "/expected.json";
  json_ = Json::parse(read_text(path, kLargestJson), path);
  expected_ = TensorStore::open_file(expected_folder + "/expected.safetensors");
  if (is_file(expected_folder + "/expected_alt.safetensors"))
    alternative_ = TensorStore::open_file(expected_folder + "/expected_alt.safetensors");
  if (images.empty()) images = expected_folder + "/images.safetensors";
  if (!is_file(images)) {
    throw Error("no decoded images (images.safetensors)", expected_folder,
                "Run `npm run golden -- DIR`, which decodes the images first.");
  }
  images_ = read_images(images);
}

ImageView GoldenCase::image(const std::string& file) const {
  const auto found = images_.find(file);
  if (found == images_.end()) throw Error("image " + file + " was not decoded", folder_, "Decode the images again.");
  return {found->second.width, found->second.height, found->second.rgb.data()};
}

}  // namespace llava
