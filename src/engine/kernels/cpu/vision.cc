// The tower's own ops.

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/cpu/blocks.h"
#include "kernels/cpu/cpu_ops.h"

namespace llava::cpu {

namespace {

/// One patch row: `lines` runs of `patch` bytes of each of 3 channels through the table.
template <typename T>
void patch_row(const uint8_t* corner, int64_t side, int64_t patch, const T* table, T* out) {
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t y = 0; y < patch; ++y) {
      const uint8_t* line = corner + (c * side + y) * side;
      for (int64_t x = 0; x < patch; ++x) *out++ = table[c * 256 + line[x]];
    }
  }
}

}  // namespace

void CpuOps::patches(const uint8_t* tiles, int64_t count, int32_t side, int32_t patch, const float* table,
                     const View& out) {
  const int64_t n = side / patch;
  const auto element = static_cast<int64_t>(llava::size_of(out.dtype));
  const int64_t values = int64_t{3} * patch * patch;
  std::vector<float> rounded(768);  // the table in the work type
  kernels_.narrow(table, 768, out.dtype, rounded.data());
  for_rows(count * n * n, out.cols * element, [&](int64_t first, int64_t rows) {
    for (int64_t row = first; row < first + rows; ++row) {
      const int64_t t = row / (n * n);
      const uint8_t* corner = tiles + (t * 3 * side + row / n % n * patch) * side + row % n * patch;
      char* to = static_cast<char*>(out.data) + row * out.stride * element;
      if (element == 2) {
        patch_row(corner, side, patch, reinterpret_cast<const uint16_t*>(rounded.data()),
                  reinterpret_cast<uint16_t*>(to));
      } else {
        patch_row(corner, side, patch, rounded.data(), reinterpret_cast<float*>(to));
      }
      std::memset(to + values * element, 0, static_cast<size_t>((out.cols - values) * element));
    }
  });
}

void CpuOps::tower_input(const View& patch, const View* class_row, const View& position, int64_t count,
                         const View& out) {
  const int64_t tokens = position.rows;
  const int64_t offset = class_row != nullptr ? 1 : 0;
  const auto element = static_cast<int64_t>(llava::size_of(out.dtype));
  const auto at = [&](const View& view, int64_t row) {
    return static_cast<char*>(view.data) + row * view.stride * element;
  };
  for_rows(count * tokens, out.cols * element, [&](int64_t first, int64_t rows) {
    for (int64_t row = first; row < first + rows; ++row) {
      const int64_t t = row / tokens;
      const int64_t i = row % tokens;
      const void* from = i < offset ? class_row->data : at(patch, t * (tokens - offset) + i - offset);
      kernels_.add_row(from, at(position, i), out.dtype, out.cols, at(out, row));
    }
  });
}

// Tasks: tile x head x block of rows; keys and values of a head are taken kPageTokens at a time, in order.
void CpuOps::tower_attention(const View& q, const View& k, const View& v, int64_t count, int32_t tokens,
                             const AttentionShape& shape, const View& out) {
  const int64_t blocks = (tokens + kBlockRows - 1) / kBlockRows;
  const int64_t block_rows = (tokens + blocks - 1) / blocks;
  const auto element = static_cast<int64_t>(llava::size_of(q.dtype));
  pool_.run(count * shape.heads * blocks, [&](int64_t i, int worker) {
    const int64_t first = i % blocks * block_rows;
    const int64_t head = i / blocks % shape.heads;
    const int64_t start = i / blocks / shape.heads * tokens;  // row of the tile's first token
    const int64_t rows = std::min(block_rows, tokens - first);
    const auto at = [&](const View& view, int64_t row) {
      return static_cast<char*>(view.data) + ((start + row) * view.stride + head * shape.head_size) * element;
    };
    const AttentionState state = attention_state(worker, shape.head_size, shape.scale);
    int32_t* low = attention_limits(worker);
    int32_t* high = low + kBlockRows;
    for (int64_t r = 0; r < rows; ++r) kernels_.attention_start(state, r, at(q, first + r), q.dtype);
    std::fill(low, low + rows, 0);
    for (int64_t key = 0; key < tokens; key += kPageTokens) {
      AttentionTile tile{at(k, key), at(v, key), k.stride, 0, k.dtype};
      tile.count = static_cast<int32_t>(std::min<int64_t>(kPageTokens, tokens - key));
      std::fill(high, high + rows, tile.count);
      kernels_.attention_tile(state, tile, 0, rows, low, high);
    }
    for (int64_t r = 0; r < rows; ++r) kernels_.attention_finish(state, r, out.dtype, at(out, first + r));
  });
}

}  // namespace llava::cpu
