#include "models/image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/features.h"

namespace llava {

namespace {

constexpr int kBits = 22;  // 32 - 8 bits of a pixel - 2 for the sign and the overshoot of the kernel

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

/// Taps of one axis, as the kernels want them: weights split into high * 2^11 + low, padded to whole groups of four.
struct Taps {
  std::vector<int32_t> first;
  std::vector<int32_t> count;
  std::vector<int16_t> high;
  std::vector<int16_t> low;
  int32_t most = 0;  // a multiple of 4

  cpu::ResizeAxis axis() const { return {first.data(), high.data(), low.data(), most, static_cast<int32_t>(first.size())}; }
};

Taps make_taps(int64_t from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double spread = std::max(scale, 1.0);
  const double reach = 2.0 * spread;
  const double inverse = 1.0 / spread;
  const int64_t widest = static_cast<int64_t>(std::ceil(reach)) * 2 + 1;
  std::vector<double> exact(static_cast<size_t>(widest));
  std::vector<int32_t> weight(static_cast<size_t>(to * widest));
  Taps taps;
  taps.first.resize(static_cast<size_t>(to));
  taps.count.resize(static_cast<size_t>(to));
  int64_t most = 0;
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const int64_t low = std::max<int64_t>(static_cast<int64_t>(centre - reach + 0.5), 0);
    const int64_t high = std::min<int64_t>(static_cast<int64_t>(centre + reach + 0.5), from);
    double sum = 0.0;
    for (int64_t j = low; j < high; ++j) {
      const double w = cubic((static_cast<double>(j) - centre + 0.5) * inverse);
      exact[static_cast<size_t>(j - low)] = w;
      sum += w;
    }
    taps.first[static_cast<size_t>(i)] = static_cast<int32_t>(low);
    taps.count[static_cast<size_t>(i)] = static_cast<int32_t>(high - low);
    most = std::max(most, high - low);
    for (int64_t j = 0; j < high - low; ++j) {
      double w = exact[static_cast<size_t>(j)];
      if (sum != 0.0) w /= sum;
      w *= static_cast<double>(1 << kBits);
      weight[static_cast<size_t>(i * widest + j)] = static_cast<int32_t>(w < 0.0 ? w - 0.5 : w + 0.5);
    }
  }
  taps.most = static_cast<int32_t>((most + 3) / 4 * 4);
  taps.high.assign(static_cast<size_t>(to * taps.most), 0);
  taps.low.assign(static_cast<size_t>(to * taps.most), 0);
  for (int64_t i = 0; i < to; ++i) {
    for (int64_t j = 0; j < taps.count[static_cast<size_t>(i)]; ++j) {
      const int32_t w = weight[static_cast<size_t>(i * widest + j)];
      taps.high[static_cast<size_t>(i * taps.most + j)] = static_cast<int16_t>(w >> 11);
      taps.low[static_cast<size_t>(i * taps.most + j)] = static_cast<int16_t>(w & 2047);
    }
  }
  return taps;
}

}  // namespace

Picture resize_bicubic(const PictureView& source, int64_t width, int64_t height) {
  const cpu::Kernels& kernels = cpu::choose_kernels("");
  const int64_t bytes = width * 3;
  std::vector<uint8_t> across;
  const uint8_t* rows = source.rgb;
  if (width != source.width) {
    const Taps taps = make_taps(source.width, width);
    across.resize(static_cast<size_t>(bytes * source.height));
    // The kernel reads whole groups of taps, past the end of a row.
    std::vector<uint8_t> line(static_cast<size_t>((source.width + taps.most) * 3 + 16));
    for (int64_t y = 0; y < source.height; ++y) {
      std::memcpy(line.data(), source.rgb + y * source.width * 3, static_cast<size_t>(source.width * 3));
      kernels.resize_row(taps.axis(), line.data(), across.data() + y * bytes);
    }
    rows = across.data();
  }
  Picture out{width, height, {}};
  if (height == source.height) {
    if (width != source.width) out.rgb = std::move(across);
    else out.rgb.assign(source.rgb, source.rgb + bytes * height);
    return out;
  }
  const Taps taps = make_taps(source.height, height);
  out.rgb.resize(static_cast<size_t>(bytes * height));
  for (int64_t y = 0; y < height; ++y) {
    const auto i = static_cast<size_t>(y);
    kernels.resize_column(taps.axis(), static_cast<int32_t>(y), rows + taps.first[i] * bytes, bytes, taps.count[i], bytes,
                          out.rgb.data() + y * bytes);
  }
  return out;
}

}  // namespace llava
