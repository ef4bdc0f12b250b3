#include "models/image/tiles.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/features.h"
#include "models/image/anyres.h"
#include "support/error.h"

namespace llava {

namespace {

constexpr int64_t kLargestSquare = 16384;

/// Appends the S x S square of `picture` at (left, top) to `tiles`, planar.
void append_tile(const Picture& picture, int64_t left, int64_t top, int64_t side, std::vector<uint8_t>& tiles) {
  const size_t start = tiles.size();
  tiles.resize(start + static_cast<size_t>(3 * side * side));
  uint8_t* plane = tiles.data() + start;
  const int64_t area = side * side;
  const cpu::Kernels& kernels = cpu::choose_kernels("");
  for (int64_t y = 0; y < side; ++y) {
    const uint8_t* line = picture.rgb.data() + ((top + y) * picture.width + left) * 3;
    kernels.split_rgb(line, side, plane + y * side, plane + area + y * side, plane + 2 * area + y * side);
  }
}

/// A canvas of one colour with the picture pasted at (left, top).
Picture paste(const PictureView& picture, int64_t width, int64_t height, int64_t left, int64_t top, std::array<uint8_t, 3> colour) {
  Picture canvas{width, height, std::vector<uint8_t>(static_cast<size_t>(width * height * 3))};
  if (colour != std::array<uint8_t, 3>{0, 0, 0}) {
    for (size_t i = 0; i < canvas.rgb.size(); ++i) canvas.rgb[i] = colour[i % 3];
  }
  for (int64_t y = 0; y < picture.height; ++y) {
    std::memcpy(canvas.rgb.data() + ((top + y) * width + left) * 3, picture.rgb + y * picture.width * 3, static_cast<size_t>(picture.width * 3));
  }
  return canvas;
}

PictureView view_of(const Picture& picture) { return {picture.width, picture.height, picture.rgb.data()}; }

/// Shortest edge to S, the long one truncated, then the centre.
void append_centre_crop(const PictureView& picture, int64_t side, std::vector<uint8_t>& tiles) {
  const int64_t shortest = std::min(picture.width, picture.height);
  const int64_t longest = std::max(picture.width, picture.height);
  const auto scaled = static_cast<int64_t>(static_cast<double>(side * longest) / static_cast<double>(shortest));
  if (scaled * side > (int64_t{1} << 28)) throw Error("the picture is too elongated to be resized", "image", "Check the file.");
  const int64_t width = picture.width <= picture.height ? side : scaled;
  const int64_t height = picture.width <= picture.height ? scaled : side;
  const Picture resized = resize_bicubic(picture, width, height);
  append_tile(resized, (width - side) / 2, (height - side) / 2, side, tiles);
}

}  // namespace

std::vector<uint8_t> make_tiles(const ModelConfig& config, const PictureView& picture) {
  if (picture.width < 1 || picture.height < 1) throw Error("the picture is empty", "image", "Check the file.");
  const int64_t side = config.vision.image_size;
  std::vector<uint8_t> tiles;
  switch (config.image.aspect_ratio) {
    case AspectRatio::crop:
      append_centre_crop(picture, side, tiles);
      return tiles;
    case AspectRatio::pad: {
      const int64_t square = std::max(picture.width, picture.height);
      if (square > kLargestSquare) {
        throw Error("a picture of " + std::to_string(picture.width) + "x" + std::to_string(picture.height) + " is too large to pad to a square", "image",
                    "Use pictures of at most 16384 pixels a side.");
      }
      std::array<uint8_t, 3> colour = {};
      for (size_t c = 0; c < 3; ++c) colour[c] = static_cast<uint8_t>(std::clamp(config.image.mean[c] * 255.0, 0.0, 255.0));
      const Picture padded =
          paste(picture, square, square, (square - picture.width) / 2, (square - picture.height) / 2, colour);
      append_centre_crop(view_of(padded), side, tiles);
      return tiles;
    }
    case AspectRatio::anyres: break;
  }
  const auto [canvas_w, canvas_h] = choose_canvas(config.image, picture.width, picture.height);
  const double scale_w = static_cast<double>(canvas_w) / static_cast<double>(picture.width);
  const double scale_h = static_cast<double>(canvas_h) / static_cast<double>(picture.height);
  int64_t width = canvas_w;
  int64_t height = canvas_h;
  if (scale_w < scale_h) height = std::min(static_cast<int64_t>(std::ceil(static_cast<double>(picture.height) * scale_w)), canvas_h);
  else width = std::min(static_cast<int64_t>(std::ceil(static_cast<double>(picture.width) * scale_h)), canvas_w);
  tiles.reserve(static_cast<size_t>(3 * (side * side + canvas_w * canvas_h)));
  append_tile(resize_bicubic(picture, side, side), 0, 0, side, tiles);
  Picture fitted = resize_bicubic(picture, width, height);
  if (width != canvas_w || height != canvas_h) {
    fitted = paste(view_of(fitted), canvas_w, canvas_h, (canvas_w - width) / 2, (canvas_h - height) / 2, {0, 0, 0});
  }
  for (int64_t top = 0; top < canvas_h; top += side) {
    for (int64_t left = 0; left < canvas_w; left += side) append_tile(fitted, left, top, side, tiles);
  }
  return tiles;
}

std::array<float, 768> normalisation_table(const ImageConfig& image) {
  std::array<float, 768> table = {};
  for (size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(image.mean[c]);
    const auto std = static_cast<float>(image.std[c]);
    for (size_t u = 0; u < 256; ++u) {
      const auto x = static_cast<float>(static_cast<double>(u) * image.rescale);
      table[c * 256 + u] = (x - mean) / std;
    }
  }
  return table;
}

}  // namespace llava
