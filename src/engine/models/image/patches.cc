#include "models/image/patches.h"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/features.h"
#include "support/error.h"

namespace llava {

namespace {

constexpr int64_t kMostEarly = 1024;  // images of one prompt, hub

/// What the patches are cut from, and what the image is resized to before that; 0 x 0: nothing.
struct Sizes {
  Size first;
  Size last;
};

Sizes sizes_of(const ModelConfig& config, Size size) {
  const int64_t factor = config.vision.factor();
  if (!config.image.resized_first) return {{}, smart_resize(size, factor, config.image.pixels)};
  const Size first = smart_resize_first(size, factor);
  return {first, smart_resize(first, factor, config.image.pixels)};
}

/// Cuts rows of an image into patches.
class PatchWriter {
 public:
  PatchWriter(const VisionConfig& vision, Size size)
      : patch_(vision.patch_size), merge_(vision.merge), columns_(size.width / vision.patch_size) {
    patches_.resize(static_cast<size_t>(3 * size.width * size.height));
  }

  void row(int64_t y, const uint8_t* rgb) {
    const int64_t row = y / patch_;
    const int64_t area = patch_ * patch_;
    for (int64_t column = 0; column < columns_; ++column) {
      const int64_t square = row / merge_ * (columns_ / merge_) + column / merge_;
      const int64_t index = square * merge_ * merge_ + row % merge_ * merge_ + column % merge_;
      uint8_t* line = patches_.data() + index * 3 * area + y % patch_ * patch_;
      kernels_.split_rgb(rgb + column * patch_ * 3, patch_, line, line + area, line + 2 * area);
    }
  }
  std::vector<uint8_t> take() { return std::move(patches_); }

 private:
  int64_t patch_, merge_, columns_;
  std::vector<uint8_t> patches_;
  const cpu::Kernels& kernels_ = cpu::choose_kernels("");
};

}  // namespace

Arrangement arrange_patches(const ModelConfig& config, const Reading& reading, Size size) {
  const VisionConfig& v = config.vision;
  Arrangement a;
  a.reading = reading;
  a.resized = sizes_of(config, size).last;
  a.rows = a.resized.height / v.patch_size;
  a.columns = a.resized.width / v.patch_size;
  a.tokens = a.patches() / (v.merge * v.merge);
  return a;
}

std::vector<uint8_t> cut_patches(const ModelConfig& config, const ImageView& image) {
  const Resizer resizer = config.image.resizer;
  const Sizes sizes = sizes_of(config, {image.width, image.height});
  Image first;
  ImageView from = image;
  if (sizes.first.width > 0) {
    // qwen_vl_utils resizes with Pillow, whatever the processor behind it uses.
    first = resize_bicubic(image, sizes.first.width, sizes.first.height,
                           resizer == Resizer::torchvision ? Resizer::pillow : resizer);
    from = {first.width, first.height, first.rgb.data()};
  }
  PatchWriter writer(config.vision, sizes.last);
  resize_bicubic(
      from, sizes.last.width, sizes.last.height, [&](int64_t y, const uint8_t* rgb) { writer.row(y, rgb); }, resizer);
  return writer.take();
}

std::vector<PatchPlace> patch_places(int64_t rows, int64_t columns, int64_t merge) {
  std::vector<PatchPlace> places;
  places.reserve(static_cast<size_t>(rows * columns));
  for (int64_t top = 0; top < rows; top += merge) {
    for (int64_t left = 0; left < columns; left += merge) {
      for (int64_t i = 0; i < merge * merge; ++i) places.push_back({top + i / merge, left + i % merge});
    }
  }
  return places;
}

int64_t most_merged_patches(const ModelConfig& config) {
  const auto factor = static_cast<double>(config.vision.factor());
  const auto least = static_cast<double>(config.image.pixels.least);
  const auto most = static_cast<double>(config.image.pixels.most);
  // Within the bounds; a strip whose short side is one factor; an image that grows, each side rounded up.
  const double inside = most / (factor * factor);
  const double strip = std::sqrt(200.0 * most) / factor + 1.0;
  const double grown = (std::sqrt(200.0 * least) / factor + 1.0) * (std::sqrt(least / 200.0) / factor + 1.0);
  return static_cast<int64_t>(std::max({inside, strip, grown}));
}

int64_t largest_merged_patches(const ModelConfig& config) {
  const int64_t factor = config.vision.factor();
  const int64_t area = config.image.pixels.most / (factor * factor);
  int64_t most = 0;
  const auto visit = [&](Size size) {
    if (size.width < 1 || size.height < 1 || size.width > 200 * size.height) return;
    const Size out = smart_resize(size, factor, config.image.pixels);
    most = std::max(most, out.width * out.height / (factor * factor));
  };
  for (int64_t rows = 1; rows * rows <= std::max<int64_t>(area, 1); ++rows)
    visit({area / rows * factor, rows * factor});
  visit({200 * factor, factor});
  visit({2000, 10});
  visit({1, 1});
  return most;
}

int64_t most_tower_rows(const ModelConfig& config) {
  const VisionConfig& v = config.vision;
  return most_merged_patches(config) * v.merge * v.merge + v.class_rows();
}

int64_t most_state_rows(const ModelConfig& config) {
  const int64_t rows = most_tower_rows(config);
  return config.image.several == SeveralImages::hub ? 2 * rows + kMostEarly : rows;
}

size_t first_needed(const ModelConfig& config, const Reading& reading, std::span<const Size> sizes) {
  if (reading.early > kMostEarly) {
    throw Error("a prompt of more than " + std::to_string(kMostEarly) + " images cannot be read as hub", "--images",
                "Read each by itself: --images each.");
  }
  size_t first = sizes.size() - 1;
  // The class row of the image itself is the first of the rows.
  for (int64_t missing = reading.early - config.vision.class_rows(); missing > 0 && first > 0;) {
    --first;
    missing -= config.vision.class_rows() + arrange_patches(config, {}, sizes[first]).patches();
  }
  return first;
}

}  // namespace llava
