// out[r, :] = softmax(scale q[r, :] k^T) v for rows of prompts over the paged cache (causal, cached prefix, grouped
// heads, sliding window) and
// for the rows of vision tiles over one another, per head.   bf16, f16; float32: prefill_attention_f32.cu
//   q, out  [rows, heads * head_size], any row strides      keys, values  KeySource, tiles of 64 keys from absolute
//   positions, ascending
//   launch  one block of 4 warps per 64 or 128 (row, head) pairs of one sequence and kv head (prefill_rows.h), 16 or 32
//           pairs per warp;
//           k of the next tile is copied (cp.async) during softmax and p v of this one, v of this tile during q k^T
//   shared  (pairs + 128) * (padded head size + 8) * 2 bytes: queries, k, v. 68 KB at head size 128 and 128 pairs: by
//           this and by its
//           registers two blocks per processor on sm_80 and sm_90
//   cost    4 * pairs * keys * head_size FLOP; k and v are read once per block, `pairs` FLOP per byte of L2
//   limit   the rate of mma.sync at 128 pairs (160 bytes of shared memory per mma of 4096 FLOP), shared memory at 64
//           pairs (288 bytes)
// Keys are loaded to the end of what the block's last row sees and are zero beyond: what stands there has not been
// written.

#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/prefill_rows.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 128;
constexpr int kTileRows = 16;  // of one mma

template <typename T, int kSize, int kTiles>
__global__ void __launch_bounds__(kThreads, kTiles == 1 ? 3 : 2) prefill_kernel(PrefillArguments<T> a) {
  constexpr int kWarpPairs = kTileRows * kTiles;
  constexpr int kPairs = kWarpPairs * kThreads / static_cast<int>(kWarp);
  constexpr int kStride = TileLayout<kSize>::kStride;
  const PrefillTile tile = prefill_tile(a, kPairs);
  if (tile.count == 0) return;

  unsigned char* const shared = dynamic_shared();
  T* const queries = reinterpret_cast<T*>(shared);
  T* const keys = queries + kPairs * kStride;
  T* const values = keys + kPageTokens * kStride;
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  const int warp_first = static_cast<int>(threadIdx.x / kWarp) * kWarpPairs;  // within the tile
  const bool active = warp_first < tile.count;
  // What a pair of this tile sees; pairs beyond the last are taken for the last.
  const auto seen_by = [&](int pair) {
    return visible_to(tile.high_of(tile.first + (pair < tile.count ? pair : tile.count - 1), a.heads_per_kv), a.window);
  };
  const Visible warp_least = seen_by(warp_first);
  const Visible warp_most = seen_by(warp_first + kWarpPairs - 1);
  const int end = seen_by(kPairs - 1).high;

  const auto copy_keys = [&](T* to, const T* from, int64_t start, int index) {
    copy_rows<T, kSize, kPageTokens, kThreads>(to, end - index * kPageTokens, a.head_size, [&](int row, int column) {
      return from + start + (row * a.source.row_elements + column);
    });
  };
  int index = seen_by(0).low / kPageTokens;
  int64_t start = a.source.tile_at(tile.sequence, index, tile.kv_head);
  copy_rows<T, kSize, kPairs, kThreads>(queries, tile.count, a.head_size, [&](int row, int column) {
    return a.q + pair_at(a, tile, tile.first + row, a.q_stride) + column;
  });
  copy_keys(keys, a.source.keys, start, index);
  commit_copies();

  const T* const warp_queries = queries + warp_first * kStride;
  const auto query_operands = [&](int step, uint32_t(&q)[kTiles][4]) {
#pragma unroll
    for (int m = 0; m < kTiles; ++m) load_left<T, kSize>(q[m], warp_queries + m * kTileRows * kStride, step);
  };

  SoftmaxRows<kSize, kTiles> state;
  state.start();
  for (; index * kPageTokens < end; ++index) {
    const int first_key = index * kPageTokens;
    const int end_key = first_key + kPageTokens;
    const bool more = end_key < end;
    float score[kTiles][kPageTokens / 8][4];
    wait_copies<0>();
    __syncthreads();  // k is here; v of the tile before is no longer read
    copy_keys(values, a.source.values, start, index);
    commit_copies();
    if (more) start = a.source.tile_at(tile.sequence, index + 1, tile.kv_head);
    const bool sees = active && first_key < warp_most.high && end_key > warp_least.low;
    if (sees) score_keys<T, kSize, kTiles, kPageTokens>(score, keys, query_operands);
    wait_copies<0>();
    __syncthreads();  // v is here; k is no longer read
    if (more) copy_keys(keys, a.source.keys, start, index + 1);
    commit_copies();
    if (sees) {
      if (end_key > warp_least.high || first_key < warp_most.low) {
        hide_keys<kTiles, kPageTokens>(score, first_key, [&](int m, int half) {
          return seen_by(warp_first + m * kTileRows + half * 8 + lane / 4);
        });
      }
      soften<kSize, kTiles, kPageTokens>(score, state, a.exponent_scale);
      add_values<T, kSize, kTiles, kPageTokens>(score, state, values);
    }
  }

#pragma unroll
  for (int m = 0; m < kTiles; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int pair = warp_first + m * kTileRows + half * 8 + lane / 4;
      const float inverse = 1.0f / quad_sum(state.total[m][half]);
      if (pair >= tile.count) continue;
      T* const row = a.out + pair_at(a, tile, tile.first + pair, a.out_stride) + 2 * (lane % 4);
#pragma unroll
      for (int c = 0; c < kSize / 8; ++c) {
        if (c * 8 >= a.head_size) break;
        // Adding +0 turns a -0, whose sign could come from an unseen key, into +0.
        *reinterpret_cast<uint32_t*>(row + c * 8) = pack_pair<T>(fmaf(state.sums[m][c][2 * half], inverse, 0.0f),
                                                                 fmaf(state.sums[m][c][2 * half + 1], inverse, 0.0f));
      }
    }
  }
}

template <typename T, int kSize, int kTiles>
void launch_tiles(Context& context, const char* op, const PrefillArguments<T>& a, int64_t rows) {
  constexpr int kPairs = kTileRows * kTiles * kThreads / static_cast<int>(kWarp);
  constexpr size_t kShared = (kPairs + 2 * kPageTokens) * TileLayout<kSize>::kStride * sizeof(T);
  context.launch(op, {rows, a.sequences, int64_t{a.kv_heads} * a.heads_per_kv, a.head_size},
                 prefill_kernel<T, kSize, kTiles>, dim3(prefill_blocks(a, rows, kPairs)), dim3(kThreads), kShared, a);
}

/// Short sequences get the smaller tile; a row's bits are the same in both.
template <typename T, int kSize>
void launch_size(Context& context, const char* op, const PrefillArguments<T>& a, int64_t rows, int64_t longest_rows) {
  if (longest_rows * a.heads_per_kv <= 64) {
    launch_tiles<T, kSize, 1>(context, op, a, rows);
  } else {
    launch_tiles<T, kSize, 2>(context, op, a, rows);
  }
}

template <typename T>
void launch(Context& context, const char* op, const PrefillArguments<T>& a, int64_t rows, int64_t longest_rows) {
  if (a.head_size <= 32) return launch_size<T, 32>(context, op, a, rows, longest_rows);
  if (a.head_size <= 64) return launch_size<T, 64>(context, op, a, rows, longest_rows);
  if (a.head_size <= 80) return launch_size<T, 80>(context, op, a, rows, longest_rows);
  if (a.head_size <= 128) return launch_size<T, 128>(context, op, a, rows, longest_rows);
  throw ContractViolation(std::string(op) + ": the head size is above 128");
}

void launch(Context& context, const char* op, const PrefillArguments<float>& a, int64_t rows, int64_t) {
  prefill_attention_f32(context, op, a, rows);
}

template <typename T>
PrefillArguments<T> arguments(const View& q, const AttentionShape& shape, const View& out) {
  PrefillArguments<T> a;
  a.q = static_cast<const T*>(q.data);
  a.out = static_cast<T*>(out.data);
  a.q_stride = q.stride;
  a.out_stride = out.stride;
  a.kv_heads = shape.kv_heads;
  a.heads_per_kv = shape.heads / shape.kv_heads;
  a.head_size = shape.head_size;
  a.window = shape.window;
  a.exponent_scale = shape.scale * kLog2E;
  return a;
}

}  // namespace

void CudaOps::tower_attention(const View& q, const View& k, const View& v, int64_t count, int32_t tokens,
                              const AttentionShape& shape, const View& out) {
  context_.enter();
  if (k.stride != v.stride) throw ContractViolation("tower_attention: k and v have different strides");
  with_work_type(q.dtype, [&]<typename T>() {
    PrefillArguments<T> a = arguments<T>(q, shape, out);
    a.source = row_source<T>(k, v, tokens, shape.head_size);
    a.sequences = static_cast<int32_t>(count);
    a.tokens = tokens;
    launch(context_, "tower_attention", a, count * tokens, tokens);
  });
}

void CudaOps::prefill_attention(const View& q, const KvLayer& cache, const PrefillBatch& batch,
                                const AttentionShape& shape, const View& out) {
  context_.enter();
  if (batch.rows == 0) return;
  with_work_type(q.dtype, [&]<typename T>() {
    PrefillArguments<T> a = arguments<T>(q, shape, out);
    a.source = paged_source<T>(cache, batch.page_table, batch.page_stride);
    a.row_start = batch.row_start;
    a.position_start = batch.position_start;
    a.sequences = batch.sequences;
    launch(context_, "prefill_attention", a, batch.rows, batch.longest_rows);
  });
}

}  // namespace llava::cuda
