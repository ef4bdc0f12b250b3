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

/// Whose resize of 8-bit images. `pillow`: up to 12.1, the horizontal pass always first. 12.2 and 12.3 begin with the
/// vertical pass where a very tall image becomes shorter; 13 does where that leaves fewer rows to the other pass.
/// `torchvision`: on the CPU, weights of 16 bits.
enum class Resizer { pillow, pillow_12_2, pillow_13, torchvision };

/// Bicubic resize, byte for byte: antialiased kernel (a = -0.5), float64 weights turned into fixed point (of Pillow 22
/// bits), one pass rounded to bytes, then the other; a pass whose length does not change is skipped.
/// Source: the behaviour of PIL.Image.resize(size, BICUBIC) for mode RGB, and of torchvision's resize of uint8 tensors
/// (bicubic, antialias). Sizes are at least 1.
Image resize_bicubic(const ImageView& source, int64_t width, int64_t height, Resizer resizer = Resizer::pillow);

/// Gets every output row once, from the top; `rgb` [width * 3] is valid during the call.
using RowSink = std::function<void(int64_t row, const uint8_t* rgb)>;
/// The same without an image in memory: rows go where they are wanted.
void resize_bicubic(const ImageView& source, int64_t width, int64_t height, const RowSink& sink,
                    Resizer resizer = Resizer::pillow);

}  // namespace llava
