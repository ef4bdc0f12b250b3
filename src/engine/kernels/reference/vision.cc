// The tower's own ops: patches from bytes, class token and positions, bidirectional attention.

#include <algorithm>
#include <cmath>

#include "kernels/reference/elements.h"
#include "kernels/reference/reference_ops.h"

namespace llava {

void ReferenceOps::patches(const uint8_t* tiles, int64_t count, int32_t side, int32_t patch, const float* table,
                           const View& out) {
  const int64_t n = side / patch;
  for (int64_t row = 0; row < count * n * n; ++row) {
    const int64_t t = row / (n * n);
    const int64_t py = row / n % n;
    const int64_t px = row % n;
    int64_t column = 0;
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t y = 0; y < patch; ++y) {
        for (int64_t x = 0; x < patch; ++x) {
          const uint8_t byte = tiles[((t * 3 + c) * side + py * patch + y) * side + px * patch + x];
          set(out, row, column++, table[c * 256 + byte]);
        }
      }
    }
    for (; column < out.cols; ++column) set(out, row, column, 0.0f);
  }
}

void ReferenceOps::tower_input(const View& patch, const View* class_row, const View& position, int64_t count,
                               const View& out) {
  const int64_t tokens = position.rows;
  const int64_t offset = class_row != nullptr ? 1 : 0;
  const int64_t patches_per_tile = tokens - offset;
  for (int64_t t = 0; t < count; ++t) {
    for (int64_t i = 0; i < tokens; ++i) {
      for (int64_t c = 0; c < out.cols; ++c) {
        const float value = i < offset ? get(*class_row, 0, c) : get(patch, t * patches_per_tile + i - offset, c);
        set(out, t * tokens + i, c, value + get(position, i, c));
      }
    }
  }
}

void ReferenceOps::tower_attention(const View& q, const View& k, const View& v, int64_t count, int32_t tokens,
                                   const AttentionShape& shape, const View& out) {
  const int64_t size = shape.head_size;
  std::vector<double> weight(static_cast<size_t>(tokens));
  for (int64_t t = 0; t < count; ++t) {
    for (int64_t head = 0; head < shape.heads; ++head) {
      for (int64_t i = t * tokens; i < (t + 1) * tokens; ++i) {
        double largest = -INFINITY;
        for (int64_t j = 0; j < tokens; ++j) {
          double dot = 0.0;
          for (int64_t c = 0; c < size; ++c) {
            dot += static_cast<double>(get(q, i, head * size + c)) * get(k, t * tokens + j, head * size + c);
          }
          weight[static_cast<size_t>(j)] = dot * shape.scale;
          largest = std::max(largest, dot * shape.scale);
        }
        double sum = 0.0;
        for (double& w : weight) sum += w = std::exp(w - largest);
        for (int64_t c = 0; c < size; ++c) {
          double value = 0.0;
          for (int64_t j = 0; j < tokens; ++j) {
            value += weight[static_cast<size_t>(j)] * get(v, t * tokens + j, head * size + c);
          }
          set(out, i, head * size + c, static_cast<float>(value / sum));
        }
      }
    }
  }
}

}  // namespace llava
