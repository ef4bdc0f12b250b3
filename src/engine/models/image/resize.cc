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

  cpu::ResizeAxis axis() const {
    return {first.data(), high.data(), low.data(), most, static_cast<int32_t>(first.size())};
  }
};

/// Fraction bits of the weights. torchvision's fit 16 bits: as many as the largest weight leaves room for.
int bits_for(Resizer resizer, double largest) {
  if (resizer != Resizer::torchvision) return kBits;
  int bits = 0;
  while (bits < kBits && static_cast<int64_t>(0.5 + largest * static_cast<double>(1 << (bits + 1))) < (1 << 15)) ++bits;
  return bits;
}

Taps make_taps(int64_t from, int64_t to, Resizer resizer) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double spread = std::max(scale, 1.0);
  const double reach = 2.0 * spread;
  const double inverse = 1.0 / spread;
  const int64_t widest = static_cast<int64_t>(std::ceil(reach)) * 2 + 1;
  std::vector<double> exact(static_cast<size_t>(to * widest));
  double largest = 0.0;
  Taps taps;
  taps.first.resize(static_cast<size_t>(to));
  taps.count.resize(static_cast<size_t>(to));
  int64_t most = 0;
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const int64_t low = std::max<int64_t>(static_cast<int64_t>(centre - reach + 0.5), 0);
    const int64_t high = std::min<int64_t>(static_cast<int64_t>(centre + reach + 0.5), from);
    double sum = 0.0;
    double* const weights = exact.data() + i * widest;
    for (int64_t j = low; j < high; ++j) {
      const double w = cubic((static_cast<double>(j) - centre + 0.5) * inverse);
      weights[j - low] = w;
      sum += w;
    }
    taps.first[static_cast<size_t>(i)] = static_cast<int32_t>(low);
    taps.count[static_cast<size_t>(i)] = static_cast<int32_t>(high - low);
    most = std::max(most, high - low);
    for (int64_t j = 0; j < high - low; ++j) {
      if (sum != 0.0) weights[j] /= sum;
      largest = std::max(largest, weights[j]);
    }
  }
  // The kernels shift by kBits: weights of fewer bits, and with them the half that rounds, are scaled up to that.
  const int bits = bits_for(resizer, largest);
  taps.most = static_cast<int32_t>((most + 3) / 4 * 4);
  taps.high.assign(static_cast<size_t>(to * taps.most), 0);
  taps.low.assign(static_cast<size_t>(to * taps.most), 0);
  for (int64_t i = 0; i < to; ++i) {
    for (int64_t j = 0; j < taps.count[static_cast<size_t>(i)]; ++j) {
      const double scaled = exact[static_cast<size_t>(i * widest + j)] * static_cast<double>(1 << bits);
      const int32_t w = static_cast<int32_t>(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5) * (1 << (kBits - bits));
      taps.high[static_cast<size_t>(i * taps.most + j)] = static_cast<int16_t>(w >> 11);
      taps.low[static_cast<size_t>(i * taps.most + j)] = static_cast<int16_t>(w & 2047);
    }
  }
  return taps;
}

/// Whether the vertical pass comes first. Sources: the conditions of PIL/Image.py 12.2 and of libImaging/Resample.c 13.
bool vertical_first(const ImageView& source, int64_t width, int64_t height, Resizer resizer) {
  const int64_t shorter = source.height - height;
  if (resizer == Resizer::pillow_12_2) return source.height > 100 * source.width && shorter > 0;
  return resizer == Resizer::pillow_13 && shorter > 0 && shorter > 2 * (source.width - width);
}

/// The vertical pass needs no window: its rows are the source's.
void resize_down_first(const ImageView& source, const Taps& x, const Taps& y, const RowSink& sink) {
  const cpu::Kernels& kernels = cpu::choose_kernels("");
  const int64_t source_bytes = source.width * 3;
  std::vector<uint8_t> line(static_cast<size_t>((source.width + x.most) * 3 + 16));
  std::vector<uint8_t> out(x.first.size() * 3);
  for (size_t row = 0; row < y.first.size(); ++row) {
    kernels.resize_column(y.axis(), static_cast<int32_t>(row), source.rgb + y.first[row] * source_bytes, source_bytes,
                          y.count[row], source_bytes, line.data());
    kernels.resize_rows(x.axis(), line.data(), line.data(), out.data(), out.data());
    sink(static_cast<int64_t>(row), out.data());
  }
}

}  // namespace

void resize_bicubic(const ImageView& source, int64_t width, int64_t height, const RowSink& sink, Resizer resizer) {
  const cpu::Kernels& kernels = cpu::choose_kernels("");
  const int64_t bytes = width * 3;
  const int64_t source_bytes = source.width * 3;
  const bool across = width != source.width;
  const bool down = height != source.height;
  const Taps x = across ? make_taps(source.width, width, resizer) : Taps{};
  const Taps y = down ? make_taps(source.height, height, resizer) : Taps{};
  if (across && down && vertical_first(source, width, height, resizer)) return resize_down_first(source, x, y, sink);

  // Rows of the first pass, two at a time, in a window that slides down the image. The kernel reads whole groups of
  // taps, past the end of a row, so it gets copies; an odd last row goes with itself.
  const int64_t capacity = across ? std::max<int64_t>(64, 2 * (y.most + 2)) : 0;
  const auto line = static_cast<size_t>((source.width + x.most) * 3 + 16);
  std::vector<uint8_t> lines(across ? 2 * line : 0);
  std::vector<uint8_t> window(static_cast<size_t>(capacity * bytes));
  int64_t base = 0;   // source row of the window's first row
  int64_t ready = 0;  // rows below this one have been through the first pass
  const auto rows_from = [&](int64_t first, int64_t end) -> const uint8_t* {
    if (!across) return source.rgb + first * source_bytes;
    for (; ready < end; ready += 2) {
      if (ready + 2 - base > capacity) {
        std::memmove(window.data(), window.data() + (first - base) * bytes,
                     static_cast<size_t>((ready - first) * bytes));
        base = first;
      }
      const int64_t other = std::min(ready + 1, source.height - 1);
      std::memcpy(lines.data(), source.rgb + ready * source_bytes, static_cast<size_t>(source_bytes));
      std::memcpy(lines.data() + line, source.rgb + other * source_bytes, static_cast<size_t>(source_bytes));
      uint8_t* out = window.data() + (ready - base) * bytes;
      kernels.resize_rows(x.axis(), lines.data(), lines.data() + line, out, out + bytes);
    }
    return window.data() + (first - base) * bytes;
  };

  if (!down) {
    for (int64_t row = 0; row < height; ++row) sink(row, rows_from(row, row + 1));
    return;
  }
  std::vector<uint8_t> out(static_cast<size_t>(bytes));
  for (int64_t row = 0; row < height; ++row) {
    const auto i = static_cast<size_t>(row);
    const uint8_t* rows = rows_from(y.first[i], y.first[i] + y.count[i]);
    kernels.resize_column(y.axis(), static_cast<int32_t>(row), rows, bytes, y.count[i], bytes, out.data());
    sink(row, out.data());
  }
}

Image resize_bicubic(const ImageView& source, int64_t width, int64_t height, Resizer resizer) {
  Image out{width, height, {}};
  out.rgb.resize(static_cast<size_t>(width * height * 3));
  const auto copy = [&](int64_t row, const uint8_t* rgb) {
    std::memcpy(out.rgb.data() + row * width * 3, rgb, static_cast<size_t>(width * 3));
  };
  resize_bicubic(source, width, height, copy, resizer);
  return out;
}

}  // namespace llava
