#pragma once

// Where attention finds its operands: keys and values in tiles of kPageTokens, and which of them a query sees.

#include <algorithm>

#include "kernels/cuda/numbers.h"
#include "kernels/ops.h"

namespace llava::cuda {

/// Keys and values of many sequences: pages of a cache, or rows of a matrix. By value into kernels.
template <typename T>
struct KeySource {
  const T* keys = nullptr;
  const T* values = nullptr;
  const int32_t* page_table = nullptr;  // [sequences, page_stride]; nullptr: the tiles of a sequence follow one another
  int32_t page_stride = 0;
  int64_t sequence_elements = 0;  // without a table, from one sequence to the next
  int64_t tile_elements = 0;      // from one page or tile to the next
  int64_t head_elements = 0;
  int32_t row_elements = 0;  // from one key to the next

  /// Index of the first element of tile `tile` (keys tile * kPageTokens and on) of a sequence and kv head.
  __device__ __forceinline__ int64_t tile_at(int sequence, int tile, int head) const {
    const int64_t start = page_table != nullptr
                              ? page_table[static_cast<int64_t>(sequence) * page_stride + tile] * tile_elements
                              : sequence * sequence_elements + tile * tile_elements;
    return start + head * head_elements;
  }
};

template <typename T>
KeySource<T> paged_source(const KvLayer& cache, const int32_t* page_table, int32_t page_stride) {
  KeySource<T> source;
  source.keys = static_cast<const T*>(cache.keys);
  source.values = static_cast<const T*>(cache.values);
  source.page_table = page_table;
  source.page_stride = page_stride;
  source.row_elements = cache.head_size;
  source.head_elements = int64_t{kPageTokens} * cache.head_size;
  source.tile_elements = cache.kv_heads * source.head_elements;
  return source;
}

/// Sequences of `tokens` rows one after another; k and v have one stride.
template <typename T>
KeySource<T> row_source(const View& k, const View& v, int32_t tokens, int32_t head_size) {
  KeySource<T> source;
  source.keys = static_cast<const T*>(k.data);
  source.values = static_cast<const T*>(v.data);
  source.row_elements = static_cast<int32_t>(k.stride);
  source.head_elements = head_size;
  source.tile_elements = int64_t{kPageTokens} * k.stride;
  source.sequence_elements = int64_t{tokens} * k.stride;
  return source;
}

/// A query sees keys [low, high).
struct Visible {
  int low;
  int high;
};

__device__ __forceinline__ Visible visible_to(int high, int window) {
  return {window > 0 && high > window ? high - window : 0, high};
}

/// Below every score; finite so that differences are never NaN, also after the scale.
inline constexpr float kNoScore = -1.0e30f;
inline constexpr float kLog2E = 1.44269504f;

}  // namespace llava::cuda
