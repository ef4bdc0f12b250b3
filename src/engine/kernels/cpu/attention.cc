// Rotary positions and attention over the paged cache.

#include <algorithm>
#include <cstring>

#include "kernels/cpu/blocks.h"
#include "kernels/cpu/cpu_ops.h"
#include "support/error.h"

namespace llava::cpu {

namespace {

/// Elements from the start of keys or values to page `page`, head `head`.
int64_t page_offset(const KvLayer& cache, int64_t page, int64_t head) {
  return (page * cache.kv_heads + head) * kPageTokens * cache.head_size;
}

char* element_at(void* data, DType type, int64_t index) {
  return static_cast<char*>(data) + index * static_cast<int64_t>(size_of(type));
}

/// `count` keys of page `page` as a tile.
AttentionTile page_tile(const KvLayer& cache, int32_t page, int64_t head, int64_t count) {
  const int64_t offset = page_offset(cache, page, head);
  return {element_at(cache.keys, cache.dtype, offset), element_at(cache.values, cache.dtype, offset), cache.head_size,
          static_cast<int32_t>(std::min<int64_t>(count, kPageTokens)), cache.dtype};
}

/// Keys of the tile that starts at `start` which a query at `position` sees.
void limits_of(int64_t position, int64_t start, int32_t window, int32_t& low, int32_t& high) {
  const int64_t first = window > 0 ? position - window + 1 - start : 0;
  low = static_cast<int32_t>(std::clamp<int64_t>(first, 0, kPageTokens));
  high = static_cast<int32_t>(std::clamp<int64_t>(position + 1 - start, 0, kPageTokens));
}

int64_t first_key(int64_t position, int32_t window) {
  return window > 0 ? std::max<int64_t>(0, position - window + 1) : 0;
}

}  // namespace

AttentionState CpuOps::attention_state(int worker, int32_t head_size, float scale) {
  auto* at = static_cast<float*>(worker_attention_[static_cast<size_t>(worker)].take(kAttentionBytes));
  const auto take = [&](int64_t count) {
    float* here = at;
    at += count;
    return here;
  };
  AttentionState state;
  state.queries = take(kBlockRows * kHeadStride);
  state.sums = take(kBlockRows * kHeadStride);
  state.scores = take(kScoreRows * kPageTokens);
  state.keys = take(kPageTokens * kHeadStride);
  state.values = take(kPageTokens * kHeadStride);
  state.largest = take(kBlockRows);
  state.total = take(kBlockRows);
  state.head_size = head_size;
  state.scale = scale;
  return state;
}

int32_t* CpuOps::attention_limits(int worker) {
  auto* start = static_cast<char*>(worker_attention_[static_cast<size_t>(worker)].take(kAttentionBytes));
  return reinterpret_cast<int32_t*>(start + kAttentionBytes) - 2 * kBlockRows;
}

void CpuOps::rope_write_kv(const View& q, const View& k, const View& v, const int32_t* positions, const int32_t* slots,
                           const View& cos, const View& sin, const AttentionShape& shape, const KvLayer& cache) {
  const int64_t size = shape.head_size;
  const int64_t head_stride = kPageTokens * size;  // elements from one kv head to the next within a page
  const auto at = [](const View& view, int64_t row) { return element_at(view.data, view.dtype, row * view.stride); };
  for_rows(q.rows, q.cols * static_cast<int64_t>(llava::size_of(q.dtype)) * 2, [&](int64_t first, int64_t count) {
    for (int64_t r = first; r < first + count; ++r) {
      const void* c = at(cos, positions[r]);
      const void* s = at(sin, positions[r]);
      kernels_.rope_row(at(q, r), c, s, q.dtype, shape.heads, size, at(q, r), size);
      const int64_t slot = slots[r];
      const int64_t offset = page_offset(cache, slot / kPageTokens, 0) + slot % kPageTokens * size;
      kernels_.rope_row(at(k, r), c, s, k.dtype, shape.kv_heads, size, element_at(cache.keys, cache.dtype, offset),
                        head_stride);
      for (int64_t head = 0; head < shape.kv_heads; ++head) {
        std::memcpy(element_at(cache.values, cache.dtype, offset + head * head_stride),
                    element_at(v.data, v.dtype, r * v.stride + head * size),
                    static_cast<size_t>(size) * llava::size_of(v.dtype));
      }
    }
  });
}

// Tasks: sequence x kv head x block of positions; a block's rows are its positions times the query heads of the kv
// head. Later blocks see more keys and are dealt first.
void CpuOps::prefill_attention(const View& q, const KvLayer& cache, const PrefillBatch& batch,
                               const AttentionShape& shape, const View& out) {
  const int64_t group = shape.heads / shape.kv_heads;
  const int64_t block = std::max<int64_t>(1, kBlockRows / group);
  if (group > kBlockRows) throw ContractViolation("prefill_attention: too many query heads per kv head");
  const auto rows_of = [&](int64_t s) { return int64_t{batch.row_start[s + 1]} - batch.row_start[s]; };
  int64_t tasks = 0;
  for (int64_t s = 0; s < batch.sequences; ++s) tasks += (rows_of(s) + block - 1) / block * shape.kv_heads;
  const auto element = static_cast<int64_t>(llava::size_of(q.dtype));
  pool_.run(tasks, [&](int64_t i, int worker) {
    int64_t s = batch.sequences - 1;
    int64_t index = i;
    for (;; --s) {
      const int64_t here = (rows_of(s) + block - 1) / block * shape.kv_heads;
      if (index < here) break;
      index -= here;
    }
    const int64_t kv_head = index % shape.kv_heads;
    const int64_t blocks = (rows_of(s) + block - 1) / block;
    const int64_t first = (blocks - 1 - index / shape.kv_heads) * block;  // row within the sequence
    const int64_t count = std::min(block, rows_of(s) - first);
    const int64_t position = batch.position_start[s] + first;
    const int32_t* pages = batch.page_table + s * batch.page_stride;
    const auto at = [&](const View& view, int64_t p, int64_t g) {
      return static_cast<char*>(view.data) +
             ((batch.row_start[s] + first + p) * view.stride + (kv_head * group + g) * shape.head_size) * element;
    };
    const AttentionState state = attention_state(worker, shape.head_size, shape.scale);
    int32_t* low = attention_limits(worker);
    int32_t* high = low + kBlockRows;
    for (int64_t p = 0; p < count; ++p) {
      for (int64_t g = 0; g < group; ++g) kernels_.attention_start(state, p * group + g, at(q, p, g), q.dtype);
    }
    const int64_t end = position + count;  // keys below it are seen by some row of the block
    for (int64_t start = first_key(position, shape.window) / kPageTokens * kPageTokens; start < end;
         start += kPageTokens) {
      const int64_t unseen = std::clamp<int64_t>(start - position, 0, count);  // rows before the tile
      for (int64_t p = unseen; p < count; ++p) {
        for (int64_t g = 0; g < group; ++g) {
          limits_of(position + p, start, shape.window, low[p * group + g], high[p * group + g]);
        }
      }
      const AttentionTile tile = page_tile(cache, pages[start / kPageTokens], kv_head, end - start);
      kernels_.attention_tile(state, tile, unseen * group, (count - unseen) * group, low, high);
    }
    for (int64_t p = 0; p < count; ++p) {
      for (int64_t g = 0; g < group; ++g) kernels_.attention_finish(state, p * group + g, out.dtype, at(out, p, g));
    }
  });
}

// Tasks: group x kv head x split of kSplitTokens keys. Rows of a group go over their shared pages together, then each
// over its own; a second pass merges the splits of every row and head in order.
void CpuOps::decode_attention(const View& q, const KvLayer& cache, const DecodeBatch& batch,
                              const AttentionShape& shape, const View& out) {
  if (batch.sequences == 0) return;
  const int64_t heads = shape.heads;
  const int64_t group = heads / shape.kv_heads;
  if (group > kBlockRows) throw ContractViolation("decode_attention: too many query heads per kv head");
  const int64_t block = kBlockRows / group;  // sequences of one block of query rows
  int64_t longest = 0;
  for (int64_t s = 0; s < batch.sequences; ++s) longest = std::max<int64_t>(longest, batch.kv_length[s]);
  const int64_t splits = (longest + kSplitTokens - 1) / kSplitTokens;
  auto* sums = static_cast<float*>(partial_.take(partial_bytes(batch.sequences, heads, longest)));
  float* largest = sums + batch.sequences * heads * splits * kHeadStride;
  float* total = largest + batch.sequences * heads * splits;
  const auto part = [&](int64_t s, int64_t head, int64_t split) { return (s * heads + head) * splits + split; };
  const auto element = static_cast<int64_t>(llava::size_of(q.dtype));
  const auto at = [&](const View& view, int64_t s, int64_t head) {
    return static_cast<char*>(view.data) + (s * view.stride + head * shape.head_size) * element;
  };
  const auto splits_of = [&](int64_t s) { return (batch.kv_length[s] + kSplitTokens - 1) / kSplitTokens; };

  // Without groups every row is its own.
  const int64_t groups = batch.groups > 0 ? batch.groups : batch.sequences;
  const auto group_start = [&](int64_t g) { return batch.groups > 0 ? int64_t{batch.group_start[g]} : g; };
  pool_.run(groups * shape.kv_heads * splits, [&](int64_t i, int worker) {
    const int64_t split = i % splits;
    const int64_t kv_head = i / splits % shape.kv_heads;
    const int64_t g = i / splits / shape.kv_heads;
    const int64_t shared = batch.groups > 0 ? batch.group_shared_tokens[g] : 0;
    const int64_t begin = split * kSplitTokens;
    const AttentionState state = attention_state(worker, shape.head_size, shape.scale);
    int32_t* low = attention_limits(worker);
    int32_t* high = low + kBlockRows;
    for (int64_t from = group_start(g); from < group_start(g + 1); from += block) {
      const int64_t count = std::min(block, group_start(g + 1) - from);
      // A row whose keys end before this split has no part in it and starts empty.
      for (int64_t r = 0; r < count; ++r) {
        for (int64_t h = 0; h < group; ++h) {
          kernels_.attention_start(state, r * group + h, at(q, from + r, kv_head * group + h), q.dtype);
        }
      }
      const auto add = [&](int64_t start, int64_t row, int64_t rows, int64_t keys) {
        bool seen = false;
        for (int64_t r = row; r < row + rows; ++r) {
          for (int64_t h = 0; h < group; ++h) {
            const int64_t slot = r * group + h;
            limits_of(batch.kv_length[from + r] - 1, start, shape.window, low[slot], high[slot]);
            seen = seen || low[slot] < high[slot];
          }
        }
        if (!seen) return;
        const int32_t page = batch.page_table[(from + row) * batch.page_stride + start / kPageTokens];
        kernels_.attention_tile(state, page_tile(cache, page, kv_head, keys), row * group, rows * group, low, high);
      };
      int64_t start = begin;
      for (; start < std::min(begin + kSplitTokens, shared); start += kPageTokens) add(start, 0, count, kPageTokens);
      for (int64_t r = 0; r < count; ++r) {
        const int64_t end = std::min<int64_t>(begin + kSplitTokens, batch.kv_length[from + r]);
        for (int64_t own = start; own < end; own += kPageTokens) add(own, r, 1, end - own);
      }
      for (int64_t r = 0; r < count; ++r) {
        if (split >= splits_of(from + r)) continue;
        for (int64_t h = 0; h < group; ++h) {
          const int64_t to = part(from + r, kv_head * group + h, split);
          std::memcpy(sums + to * kHeadStride, state.sums + (r * group + h) * kHeadStride, kHeadStride * sizeof(float));
          largest[to] = state.largest[r * group + h];
          total[to] = state.total[r * group + h];
        }
      }
    }
  });
  for_rows(batch.sequences * heads, kHeadStride * int64_t{sizeof(float)} * splits, [&](int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; ++i) {
      const int64_t s = i / heads;
      const int64_t from = part(s, i % heads, 0);
      kernels_.attention_merge(sums + from * kHeadStride, kHeadStride, largest + from, total + from, splits_of(s),
                               shape.head_size, out.dtype, at(out, s, i % heads));
    }
  });
}

}  // namespace llava::cpu
