#include "models/image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

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

/// For every output index the first source index, the number of taps, and their fixed-point weights.
struct Taps {
  std::vector<int32_t> first;
  std::vector<int32_t> count;
  std::vector<int32_t> weight;  // [outputs, most]
  int32_t most = 0;
};

Taps make_taps(int64_t from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double spread = std::max(scale, 1.0);
  const double reach = 2.0 * spread;
  const double inverse = 1.0 / spread;
  Taps taps;
  taps.most = static_cast<int32_t>(std::ceil(reach)) * 2 + 1;
  taps.first.resize(static_cast<size_t>(to));
  taps.count.resize(static_cast<size_t>(to));
  taps.weight.assign(static_cast<size_t>(to) * static_cast<size_t>(taps.most), 0);
  std::vector<double> exact(static_cast<size_t>(taps.most));
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
    for (int64_t j = 0; j < high - low; ++j) {
      double w = exact[static_cast<size_t>(j)];
      if (sum != 0.0) w /= sum;
      w *= static_cast<double>(1 << kBits);
      taps.weight[static_cast<size_t>(i * taps.most + j)] = static_cast<int32_t>(w < 0.0 ? w - 0.5 : w + 0.5);
    }
  }
  return taps;
}

inline __attribute__((always_inline)) uint8_t to_byte(int32_t sum) {
  const int32_t value = sum >> kBits;
  return static_cast<uint8_t>(value < 0 ? 0 : (value > 255 ? 255 : value));
}

constexpr int64_t kRows = 8;              // rows of the horizontal pass that run together
constexpr int64_t kLanes = 3 * kRows;     // one source column of them: channel-major, row-minor

/// Horizontal pass over kRows rows. columns [width, kLanes] i32 scratch; source rows beyond `rows` are not read.
inline __attribute__((always_inline)) void horizontal_block(const uint8_t* source, int64_t source_stride, int64_t rows, int64_t width,
                                                            const Taps& taps, int64_t to, int32_t* columns, uint8_t* out) {
  for (int64_t r = 0; r < rows; ++r) {
    const uint8_t* line = source + r * source_stride;
    for (int64_t x = 0; x < width; ++x) {
      columns[x * kLanes + r] = line[x * 3];
      columns[x * kLanes + kRows + r] = line[x * 3 + 1];
      columns[x * kLanes + 2 * kRows + r] = line[x * 3 + 2];
    }
  }
  for (int64_t i = 0; i < to; ++i) {
    const int32_t* weight = taps.weight.data() + i * taps.most;
    const int32_t* column = columns + taps.first[static_cast<size_t>(i)] * kLanes;
    int32_t sum[kLanes];
    for (int64_t l = 0; l < kLanes; ++l) sum[l] = 1 << (kBits - 1);
    for (int32_t k = 0; k < taps.count[static_cast<size_t>(i)]; ++k) {
      for (int64_t l = 0; l < kLanes; ++l) sum[l] += weight[k] * column[k * kLanes + l];
    }
    for (int64_t r = 0; r < rows; ++r) {
      uint8_t* pixel = out + (r * to + i) * 3;
      pixel[0] = to_byte(sum[r]);
      pixel[1] = to_byte(sum[kRows + r]);
      pixel[2] = to_byte(sum[2 * kRows + r]);
    }
  }
}

/// One output row of the vertical pass over `bytes` bytes of each source row.
inline __attribute__((always_inline)) void vertical_row(const uint8_t* source, int64_t bytes, const int32_t* weight, int32_t count, int32_t* sums,
                                                        uint8_t* out) {
  for (int64_t b = 0; b < bytes; ++b) sums[b] = 1 << (kBits - 1);
  for (int32_t k = 0; k < count; ++k) {
    const uint8_t* line = source + k * bytes;
    const int32_t w = weight[k];
    for (int64_t b = 0; b < bytes; ++b) sums[b] += w * line[b];
  }
  for (int64_t b = 0; b < bytes; ++b) out[b] = to_byte(sums[b]);
}

struct Passes {
  void (*horizontal)(const uint8_t*, int64_t, int64_t, int64_t, const Taps&, int64_t, int32_t*, uint8_t*);
  void (*vertical)(const uint8_t*, int64_t, const int32_t*, int32_t, int32_t*, uint8_t*);
};

void horizontal_plain(const uint8_t* source, int64_t stride, int64_t rows, int64_t width, const Taps& taps, int64_t to, int32_t* columns, uint8_t* out) {
  horizontal_block(source, stride, rows, width, taps, to, columns, out);
}
void vertical_plain(const uint8_t* source, int64_t bytes, const int32_t* weight, int32_t count, int32_t* sums, uint8_t* out) {
  vertical_row(source, bytes, weight, count, sums, out);
}

#if defined(__x86_64__)
// The same integer code compiled for wider registers: the bytes are equal on every machine.
__attribute__((target("avx2"), optimize("O3"))) void horizontal_avx2(const uint8_t* source, int64_t stride, int64_t rows, int64_t width,
                                                                     const Taps& taps, int64_t to, int32_t* columns, uint8_t* out) {
  horizontal_block(source, stride, rows, width, taps, to, columns, out);
}
__attribute__((target("avx2"), optimize("O3"))) void vertical_avx2(const uint8_t* source, int64_t bytes, const int32_t* weight, int32_t count,
                                                                   int32_t* sums, uint8_t* out) {
  vertical_row(source, bytes, weight, count, sums, out);
}
#endif

Passes choose_passes() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return {horizontal_avx2, vertical_avx2};
#endif
  return {horizontal_plain, vertical_plain};
}

}  // namespace

Picture resize_bicubic(const PictureView& source, int64_t width, int64_t height) {
  const Passes passes = choose_passes();
  std::vector<uint8_t> across;
  const uint8_t* rows = source.rgb;
  if (width != source.width) {
    const Taps taps = make_taps(source.width, width);
    across.resize(static_cast<size_t>(width * source.height * 3));
    std::vector<int32_t> columns(static_cast<size_t>(source.width * kLanes));
    for (int64_t y = 0; y < source.height; y += kRows) {
      passes.horizontal(source.rgb + y * source.width * 3, source.width * 3, std::min(kRows, source.height - y), source.width, taps, width,
                        columns.data(), across.data() + y * width * 3);
    }
    rows = across.data();
  }
  Picture out{width, height, {}};
  const int64_t bytes = width * 3;
  if (height == source.height) {
    if (width != source.width) out.rgb = std::move(across);
    else out.rgb.assign(source.rgb, source.rgb + bytes * height);
    return out;
  }
  const Taps taps = make_taps(source.height, height);
  out.rgb.resize(static_cast<size_t>(bytes * height));
  std::vector<int32_t> sums(static_cast<size_t>(bytes));
  for (int64_t y = 0; y < height; ++y) {
    passes.vertical(rows + taps.first[static_cast<size_t>(y)] * bytes, bytes, taps.weight.data() + y * taps.most, taps.count[static_cast<size_t>(y)],
                    sums.data(), out.rgb.data() + y * bytes);
  }
  return out;
}

}  // namespace llava
