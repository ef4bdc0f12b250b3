#include "models/image/shrink.h"

#include <algorithm>
#include <cmath>

namespace llava {

namespace {

/// Where an output of one axis lies between two inputs.
struct Between {
  int64_t low;
  int64_t high;
  float weight;  // of high
};

Between between(int64_t output, int64_t from, int64_t to) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  const float at = std::max((static_cast<float>(output) + 0.5f) * scale - 0.5f, 0.0f);
  const int64_t low = std::min(static_cast<int64_t>(at), from - 1);
  return {low, std::min(low + 1, from - 1), at - static_cast<float>(low)};
}

}  // namespace

int64_t floor_quotient(int64_t length, double times) {
  const auto a = static_cast<double>(length);
  const double quotient = (a - std::fmod(a, times)) / times;
  const double whole = std::floor(quotient);
  return static_cast<int64_t>(quotient - whole > 0.5 ? whole + 1.0 : whole);
}

Mixture shrink_bilinear(int64_t rows, int64_t columns, int64_t to_rows, int64_t to_columns) {
  Mixture out;
  out.source.reserve(static_cast<size_t>(4 * to_rows * to_columns));
  out.weight.reserve(out.source.capacity());
  for (int64_t row = 0; row < to_rows; ++row) {
    const Between y = between(row, rows, to_rows);
    for (int64_t column = 0; column < to_columns; ++column) {
      const Between x = between(column, columns, to_columns);
      for (const int64_t from_row : {y.low, y.high}) {
        for (const int64_t from_column : {x.low, x.high})
          out.source.push_back(static_cast<int32_t>(from_row * columns + from_column));
      }
      for (const float down : {1.0f - y.weight, y.weight}) {
        for (const float across : {1.0f - x.weight, x.weight}) out.weight.push_back(down * across);
      }
    }
  }
  return out;
}

int64_t pooled_side(int64_t side, Pool pool) { return pool == Pool::bilinear ? (side + 1) / 2 : side / 2; }

Mixture pool_map(int64_t side, Pool pool) {
  const int64_t to = pooled_side(side, pool);
  if (pool == Pool::bilinear) return shrink_bilinear(side, side, to, to);
  Mixture out;
  for (int64_t row = 0; row < to; ++row) {
    for (int64_t column = 0; column < to; ++column) {
      const auto corner = static_cast<int32_t>(2 * row * side + 2 * column);
      const auto below = static_cast<int32_t>(corner + side);
      out.source.insert(out.source.end(), {corner, corner + 1, below, below + 1});
    }
  }
  if (pool == Pool::average) out.weight.assign(out.source.size(), 0.25f);
  return out;
}

}  // namespace llava
