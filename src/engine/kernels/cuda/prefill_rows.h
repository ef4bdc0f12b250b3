#pragma once

// Which queries a block of prefill attention works on: rows of one sequence times the query heads of one kv head, so
// that these heads share its keys and a short question behind a cached image still fills a tile. Pair p of a sequence
// and kv head is row p / heads_per_kv, query head p % heads_per_kv of the kv head; a tile is a run of pairs.

#include "kernels/cuda/attention_source.h"
#include "kernels/cuda/context.h"
#include "kernels/cuda/reduce.h"

namespace llava::cuda {

template <typename T>
struct PrefillArguments {
  const T* q = nullptr;
  T* out = nullptr;
  int64_t q_stride = 0;
  int64_t out_stride = 0;
  KeySource<T> source;
  const int32_t* row_start =
      nullptr;  // [sequences + 1]; nullptr (tower): every sequence has `tokens` rows and each sees all
  const int32_t* position_start = nullptr;  // [sequences]
  int32_t sequences = 0;
  int32_t tokens = 0;
  int32_t kv_heads = 0;
  int32_t heads_per_kv = 0;
  int32_t head_size = 0;
  int32_t window = 0;
  float exponent_scale = 0.0f;  // scale * log2 e
};

struct PrefillTile {
  int sequence;
  int kv_head;
  int first;  // first pair
  int count;  // pairs; 0 = nothing to do
  int row0;   // first row of the sequence in q and out
  int high;   // what row 0 sees ends here; each row further sees `step` keys more
  int step;

  __device__ __forceinline__ int high_of(int pair, int heads_per_kv) const { return high + pair / heads_per_kv * step; }
};

/// Tiles of all sequences and kv heads, more than there are: sequence s has the slots from row_start[s] * heads_per_kv
/// / tile_pairs + s on, which are always enough.
template <typename T>
unsigned prefill_blocks(const PrefillArguments<T>& a, int64_t rows, int tile_pairs) {
  const int64_t slots = a.row_start != nullptr
                            ? rows * a.heads_per_kv / tile_pairs + a.sequences
                            : (int64_t{a.tokens} * a.heads_per_kv + tile_pairs - 1) / tile_pairs * a.sequences;
  return static_cast<unsigned>(slots * a.kv_heads);
}

/// The tile of this block. Slots are dealt from the end: the later a tile of a causal sequence, the more keys it sees.
template <typename T>
__device__ __forceinline__ PrefillTile prefill_tile(const PrefillArguments<T>& a, int tile_pairs) {
  PrefillTile tile;
  const int slot = static_cast<int>(gridDim.x - 1 - blockIdx.x) / a.kv_heads;
  tile.kv_head = static_cast<int>(blockIdx.x) % a.kv_heads;
  int rows = a.tokens;
  if (a.row_start == nullptr) {
    const int tiles = (a.tokens * a.heads_per_kv + tile_pairs - 1) / tile_pairs;
    tile.sequence = slot / tiles;
    tile.first = slot % tiles * tile_pairs;
    tile.row0 = tile.sequence * a.tokens;
    tile.high = a.tokens;
    tile.step = 0;
  } else {
    const auto first_slot = [&](int s) { return a.row_start[s] * a.heads_per_kv / tile_pairs + s; };
    int begun = 0;  // sequences whose slots begin here or before
    for (int from = 0; from < a.sequences; from += static_cast<int>(kWarp)) {
      const int s = from + static_cast<int>(threadIdx.x % kWarp);
      begun += __popc(__ballot_sync(kAllLanes, s < a.sequences && first_slot(s) <= slot));
    }
    tile.sequence = begun - 1;
    tile.first = (slot - first_slot(tile.sequence)) * tile_pairs;
    tile.row0 = a.row_start[tile.sequence];
    rows = a.row_start[tile.sequence + 1] - tile.row0;
    tile.high = a.position_start[tile.sequence] + 1;
    tile.step = 1;
  }
  const int left = rows * a.heads_per_kv - tile.first;
  tile.count = left < 0 ? 0 : left < tile_pairs ? left : tile_pairs;
  return tile;
}

/// Index of the first element of a pair's query in q (stride = q_stride) or result in out.
template <typename T>
__device__ __forceinline__ int64_t pair_at(const PrefillArguments<T>& a, const PrefillTile& tile, int pair,
                                           int64_t stride) {
  return static_cast<int64_t>(tile.row0 + pair / a.heads_per_kv) * stride +
         (tile.kv_head * a.heads_per_kv + pair % a.heads_per_kv) * a.head_size;
}

/// The float32 kernel. prefill_attention_f32.cu
void prefill_attention_f32(Context& context, const char* op, const PrefillArguments<float>& a, int64_t rows);

}  // namespace llava::cuda
