#include "models/image/tiles.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/features.h"
#include "models/image/anyres.h"
#include "models/image/patches.h"
#include "support/error.h"

namespace llava {

namespace {

constexpr int64_t kLargestSquare = 16384;

/// Planar S x S squares cut from a canvas of `columns` x `rows` squares, filled row by row; what is not filled is
/// black.
class TileWriter {
 public:
  /// Appends the squares to `tiles`. The image of `width` columns stands at (left, top) of the canvas; parts outside
  /// are cut off.
  TileWriter(std::vector<uint8_t>& tiles, int64_t side, int64_t columns, int64_t rows, int64_t left, int64_t top,
             int64_t width)
      : tiles_(tiles),
        start_(tiles.size()),
        side_(side),
        columns_(columns),
        rows_(rows),
        left_(left),
        top_(top),
        width_(width) {
    tiles.resize(start_ + static_cast<size_t>(3 * side * side * columns * rows));
  }

  void row(int64_t y, const uint8_t* rgb) const {
    const int64_t canvas_y = top_ + y;
    if (canvas_y < 0 || canvas_y >= rows_ * side_) return;
    const int64_t area = side_ * side_;
    for (int64_t column = 0; column < columns_; ++column) {
      const int64_t first = std::max(column * side_, left_);  // columns of the canvas
      const int64_t end = std::min((column + 1) * side_, left_ + width_);
      if (first >= end) continue;
      const int64_t tile = canvas_y / side_ * columns_ + column;
      uint8_t* plane = tiles_.data() + start_ + tile * 3 * area + canvas_y % side_ * side_ + first - column * side_;
      kernels_.split_rgb(rgb + (first - left_) * 3, end - first, plane, plane + area, plane + 2 * area);
    }
  }

 private:
  std::vector<uint8_t>& tiles_;
  size_t start_;
  int64_t side_, columns_, rows_, left_, top_, width_;
  const cpu::Kernels& kernels_ = cpu::choose_kernels("");
};

/// An image and how it is resized.
struct Source {
  const ImageView& image;
  Resizer resizer;
};

/// Resizes an image into squares: see TileWriter.
void append_tiles(const Source& source, int64_t width, int64_t height, int64_t side, int64_t columns, int64_t rows,
                  int64_t left, int64_t top, std::vector<uint8_t>& tiles) {
  const TileWriter writer(tiles, side, columns, rows, left, top, width);
  resize_bicubic(
      source.image, width, height, [&](int64_t y, const uint8_t* rgb) { writer.row(y, rgb); }, source.resizer);
}

/// A canvas of one colour with the image pasted at (left, top).
Image paste(const ImageView& image, int64_t width, int64_t height, int64_t left, int64_t top,
            std::array<uint8_t, 3> colour) {
  Image canvas{width, height, std::vector<uint8_t>(static_cast<size_t>(width * height * 3))};
  if (colour != std::array<uint8_t, 3>{0, 0, 0}) {
    for (size_t i = 0; i < canvas.rgb.size(); ++i) canvas.rgb[i] = colour[i % 3];
  }
  for (int64_t y = 0; y < image.height; ++y) {
    std::memcpy(canvas.rgb.data() + ((top + y) * width + left) * 3, image.rgb + y * image.width * 3,
                static_cast<size_t>(image.width * 3));
  }
  return canvas;
}

ImageView view_of(const Image& image) { return {image.width, image.height, image.rgb.data()}; }

/// Shortest edge to S, the long one truncated, then the centre.
void append_centre_crop(const Source& source, int64_t side, std::vector<uint8_t>& tiles) {
  const ImageView& image = source.image;
  const int64_t shortest = std::min(image.width, image.height);
  const int64_t longest = std::max(image.width, image.height);
  const auto scaled = static_cast<int64_t>(static_cast<double>(side * longest) / static_cast<double>(shortest));
  if (scaled * side > (int64_t{1} << 28))
    throw Error("the image is too elongated to be resized", "image", "Check the file.");
  const int64_t width = image.width <= image.height ? side : scaled;
  const int64_t height = image.width <= image.height ? scaled : side;
  append_tiles(source, width, height, side, 1, 1, -((width - side) / 2), -((height - side) / 2), tiles);
}

}  // namespace

std::vector<uint8_t> make_tiles(const ModelConfig& config, AspectRatio aspect, const ImageView& image) {
  if (image.width < 1 || image.height < 1) throw Error("the image is empty", "image", "Check the file.");
  const int64_t side = config.vision.image_size;
  const Source source{image, config.image.resizer};
  std::vector<uint8_t> tiles;
  switch (aspect) {
    case AspectRatio::any_size: return cut_patches(config, image);
    case AspectRatio::crop: append_centre_crop(source, side, tiles); return tiles;
    case AspectRatio::squeeze: append_tiles(source, side, side, side, 1, 1, 0, 0, tiles); return tiles;
    case AspectRatio::pad: {
      const int64_t square = std::max(image.width, image.height);
      if (square > kLargestSquare) {
        throw Error("an image of " + std::to_string(image.width) + "x" + std::to_string(image.height) +
                        " is too large to pad to a square",
                    "image", "Use images of at most 16384 pixels a side.");
      }
      std::array<uint8_t, 3> colour = {};
      for (size_t c = 0; c < 3; ++c)
        colour[c] = static_cast<uint8_t>(std::clamp(config.image.mean[c] * 255.0, 0.0, 255.0));
      const Image padded =
          paste(image, square, square, (square - image.width) / 2, (square - image.height) / 2, colour);
      append_centre_crop({view_of(padded), config.image.resizer}, side, tiles);
      return tiles;
    }
    case AspectRatio::anyres: break;
  }
  const auto [canvas_w, canvas_h] = choose_canvas(config.image, image.width, image.height);
  const double scale_w = static_cast<double>(canvas_w) / static_cast<double>(image.width);
  const double scale_h = static_cast<double>(canvas_h) / static_cast<double>(image.height);
  int64_t width = canvas_w;
  int64_t height = canvas_h;
  if (scale_w < scale_h)
    height = std::min(static_cast<int64_t>(std::ceil(static_cast<double>(image.height) * scale_w)), canvas_h);
  else width = std::min(static_cast<int64_t>(std::ceil(static_cast<double>(image.width) * scale_h)), canvas_w);
  tiles.reserve(static_cast<size_t>(3 * (side * side + canvas_w * canvas_h)));
  append_tiles(source, side, side, side, 1, 1, 0, 0, tiles);
  append_tiles(source, width, height, side, canvas_w / side, canvas_h / side, (canvas_w - width) / 2,
               (canvas_h - height) / 2, tiles);
  return tiles;
}

std::array<float, 768> normalisation_table(const ImageConfig& image) {
  std::array<float, 768> table = {};
  for (size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(image.mean[c]);
    const auto std = static_cast<float>(image.std[c]);
    // torchvision's processors scale and normalise in one step.
    const auto whole = static_cast<float>(1.0 / image.rescale);
    for (size_t u = 0; u < 256; ++u) {
      if (image.resizer == Resizer::torchvision) {
        table[c * 256 + u] = (static_cast<float>(u) - mean * whole) / (std * whole);
        continue;
      }
      const auto x = static_cast<float>(static_cast<double>(u) * image.rescale);
      table[c * 256 + u] = (x - mean) / std;
    }
  }
  return table;
}

}  // namespace llava
