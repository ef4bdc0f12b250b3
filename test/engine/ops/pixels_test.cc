// Pixels are exact integers: every instruction set gives the bytes of the plain sums.

#include <algorithm>
#include <cmath>

#include "kernels/cpu/features.h"
#include "models/image/resize.h"
#include "ops/fixture.h"

namespace llava::test {

namespace {

double cubic(double x) {
  x = std::fabs(x);
  if (x < 1.0) return (1.5 * x - 2.5) * x * x + 1.0;
  return x < 2.0 ? (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5 : 0.0;
}

/// One axis, one output at a time, 64-bit sums: the formula of the specification and nothing else.
std::vector<uint8_t> along_x(const std::vector<uint8_t>& in, int64_t width, int64_t height, int64_t to) {
  if (width == to) return in;
  std::vector<uint8_t> out(static_cast<size_t>(to * height * 3));
  const double scale = static_cast<double>(width) / static_cast<double>(to);
  const double spread = std::max(scale, 1.0);
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto low = std::max<int64_t>(static_cast<int64_t>(centre - 2.0 * spread + 0.5), 0);
    const auto high = std::min<int64_t>(static_cast<int64_t>(centre + 2.0 * spread + 0.5), width);
    std::vector<double> weights;
    double total = 0.0;
    for (int64_t j = low; j < high; ++j)
      total += weights.emplace_back(cubic((static_cast<double>(j) - centre + 0.5) * (1.0 / spread)));
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t c = 0; c < 3; ++c) {
        int64_t sum = 1 << 21;
        for (int64_t j = low; j < high; ++j) {
          const double w = weights[static_cast<size_t>(j - low)] / total * 4194304.0;
          sum += static_cast<int64_t>(w < 0.0 ? w - 0.5 : w + 0.5) * in[static_cast<size_t>((y * width + j) * 3 + c)];
        }
        out[static_cast<size_t>((y * to + i) * 3 + c)] = static_cast<uint8_t>(std::clamp<int64_t>(sum >> 22, 0, 255));
      }
    }
  }
  return out;
}

std::vector<uint8_t> turned(const std::vector<uint8_t>& in, int64_t width, int64_t height) {
  std::vector<uint8_t> out(in.size());
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      std::copy_n(in.begin() + (y * width + x) * 3, 3, out.begin() + (x * height + y) * 3);
    }
  }
  return out;
}

}  // namespace

void test_pixels(Fixture& f) {
  const struct {
    int64_t width, height, to_width, to_height;
  } cases[] = {{64, 48, 33, 33}, {64, 48, 67, 50},  {1, 1, 9, 7},     {7, 3, 1, 1},  {2, 90, 40, 90},
               {90, 2, 90, 40},  {301, 17, 12, 80}, {48, 48, 48, 48}, {900, 5, 3, 5}};
  for (const auto& c : cases) {
    std::vector<uint8_t> rgb(static_cast<size_t>(c.width * c.height * 3));
    for (uint8_t& byte : rgb) byte = static_cast<uint8_t>(f.below(3) == 0 ? 255 * f.below(2) : f.below(256));
    const Image got = resize_bicubic({c.width, c.height, rgb.data()}, c.to_width, c.to_height);
    const std::vector<uint8_t> across = turned(along_x(rgb, c.width, c.height, c.to_width), c.to_width, c.height);
    const std::vector<uint8_t> want =
        turned(along_x(across, c.height, c.to_width, c.to_height), c.to_height, c.to_width);
    f.expect("resize " + std::to_string(c.width) + "x" + std::to_string(c.height) + " to " +
                 std::to_string(c.to_width) + "x" + std::to_string(c.to_height),
             got.rgb == want);
  }
  for (const std::string& set : cpu::usable_instruction_sets()) {
    for (const int64_t pixels : {1, 15, 16, 33, 336}) {
      std::vector<uint8_t> rgb(static_cast<size_t>(pixels * 3)), planes(rgb.size(), 7);
      for (uint8_t& byte : rgb) byte = static_cast<uint8_t>(f.below(256));
      cpu::choose_kernels(set).split_rgb(rgb.data(), pixels, planes.data(), planes.data() + pixels,
                                         planes.data() + 2 * pixels);
      bool equal = true;
      for (int64_t i = 0; i < 3 * pixels; ++i)
        equal = equal && planes[static_cast<size_t>(i % 3 * pixels + i / 3)] == rgb[static_cast<size_t>(i)];
      f.expect("planes of " + std::to_string(pixels) + " pixels, " + set, equal);
    }
  }
}

}  // namespace llava::test
