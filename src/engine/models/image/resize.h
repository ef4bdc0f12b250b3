#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace llava {

/// An 8-bit RGB image, row-major, 3 bytes a pixel.
struct Image {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<uint8_t> rgb;
};

/// A borrowed image.
struct ImageView {
  int64_t width = 0;
  int64_t height = 0;
  const uint8_t* rgb = nullptr;
};

/// Pillow's bicubic resize, byte for byte: antialiased kernel (a = -0.5), float64 weights turned into 22-bit fixed
/// point, horizontal pass rounded to bytes, then the vertical pass; a pass whose length does not change is skipped.
/// Source: the behaviour of PIL.Image.resize(size, BICUBIC) for mode RGB. Sizes are at least 1.
Image resize_bicubic(const ImageView& source, int64_t width, int64_t height);

/// Gets every output row once, from the top; `rgb` [width * 3] is valid during the call.
using RowSink = std::function<void(int64_t row, const uint8_t* rgb)>;
/// The same without an image in memory: rows go where they are wanted.
void resize_bicubic(const ImageView& source, int64_t width, int64_t height, const RowSink& sink);

}  // namespace llava
