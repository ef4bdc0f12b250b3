// Rotary positions, the paged cache, and causal attention over it.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/reference/elements.h"
#include "kernels/reference/reference_ops.h"

namespace llava {

namespace {

/// Index of element 0 of the vector at `slot`, head `head`, in keys or values of a layer.
int64_t cache_index(const KvLayer& cache, int64_t slot, int64_t head) {
  const int64_t page = slot / kPageTokens;
  return ((page * cache.kv_heads + head) * kPageTokens + slot % kPageTokens) * cache.head_size;
}

/// Attention of one query row at `position` over keys first .. position.
void attend(const View& q, int64_t row, int64_t position, const int32_t* pages, const KvLayer& cache,
            const AttentionShape& shape, const View& out) {
  const int64_t size = shape.head_size;
  const int64_t first = shape.window > 0 ? std::max<int64_t>(0, position - shape.window + 1) : 0;
  std::vector<double> weight(static_cast<size_t>(position + 1 - first));
  const auto slot_of = [&](int64_t j) { return pages[j / kPageTokens] * int64_t{kPageTokens} + j % kPageTokens; };
  for (int64_t head = 0; head < shape.heads; ++head) {
    const int64_t kv_head = head / (shape.heads / shape.kv_heads);
    double largest = -INFINITY;
    for (int64_t j = first; j <= position; ++j) {
      const int64_t at = cache_index(cache, slot_of(j), kv_head);
      double dot = 0.0;
      for (int64_t c = 0; c < size; ++c) {
        dot += static_cast<double>(get(q, row, head * size + c)) * load_float(cache.keys, cache.dtype, at + c);
      }
      weight[static_cast<size_t>(j - first)] = dot * shape.scale;
      largest = std::max(largest, dot * shape.scale);
    }
    double sum = 0.0;
    for (double& w : weight) sum += w = std::exp(w - largest);
    for (int64_t c = 0; c < size; ++c) {
      double value = 0.0;
      for (int64_t j = first; j <= position; ++j) {
        value += weight[static_cast<size_t>(j - first)] *
                 load_float(cache.values, cache.dtype, cache_index(cache, slot_of(j), kv_head) + c);
      }
      set(out, row, head * size + c, static_cast<float>(value / sum));
    }
  }
}

}  // namespace

void ReferenceOps::rope_write_kv(const View& q, const View& k, const View& v, const int32_t* positions,
                                 const int32_t* slots, const View& cos, const View& sin, const AttentionShape& shape,
                                 const KvLayer& cache) {
  const int64_t size = shape.head_size;
  const int64_t half = size / 2;
  for (int64_t r = 0; r < q.rows; ++r) {
    const int64_t p = positions[r];
    for (int64_t head = 0; head < shape.heads; ++head) {
      for (int64_t i = 0; i < half; ++i) {
        const float a = get(q, r, head * size + i);
        const float b = get(q, r, head * size + i + half);
        set(q, r, head * size + i, a * get(cos, p, i) - b * get(sin, p, i));
        set(q, r, head * size + i + half, b * get(cos, p, i) + a * get(sin, p, i));
      }
    }
    for (int64_t head = 0; head < shape.kv_heads; ++head) {
      const int64_t at = cache_index(cache, slots[r], head);
      for (int64_t i = 0; i < half; ++i) {
        const float a = get(k, r, head * size + i);
        const float b = get(k, r, head * size + i + half);
        store_float(cache.keys, cache.dtype, at + i, a * get(cos, p, i) - b * get(sin, p, i));
        store_float(cache.keys, cache.dtype, at + i + half, b * get(cos, p, i) + a * get(sin, p, i));
      }
      for (int64_t c = 0; c < size; ++c) store_float(cache.values, cache.dtype, at + c, get(v, r, head * size + c));
    }
  }
}

void ReferenceOps::prefill_attention(const View& q, const KvLayer& cache, const PrefillBatch& batch,
                                     const AttentionShape& shape, const View& out) {
  for (int64_t s = 0; s < batch.sequences; ++s) {
    for (int64_t row = batch.row_start[s]; row < batch.row_start[s + 1]; ++row) {
      attend(q, row, batch.position_start[s] + row - batch.row_start[s], batch.page_table + s * batch.page_stride,
             cache, shape, out);
    }
  }
}

void ReferenceOps::decode_attention(const View& q, const KvLayer& cache, const DecodeBatch& batch,
                                    const AttentionShape& shape, const View& out) {
  for (int64_t s = 0; s < batch.sequences; ++s) {
    attend(q, s, batch.kv_length[s] - 1, batch.page_table + s * batch.page_stride, cache, shape, out);
  }
}

void ReferenceOps::copy_pages(const KvLayer& cache, const int32_t* pairs, int64_t count) {
  const size_t page_bytes =
      static_cast<size_t>(cache.kv_heads) * kPageTokens * static_cast<size_t>(cache.head_size) * size_of(cache.dtype);
  for (int64_t i = 0; i < count; ++i) {
    const auto from = static_cast<size_t>(pairs[2 * i]) * page_bytes;
    const auto to = static_cast<size_t>(pairs[2 * i + 1]) * page_bytes;
    std::memcpy(static_cast<char*>(cache.keys) + to, static_cast<char*>(cache.keys) + from, page_bytes);
    std::memcpy(static_cast<char*>(cache.values) + to, static_cast<char*>(cache.values) + from, page_bytes);
  }
}

}  // namespace llava
