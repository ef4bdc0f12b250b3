#pragma once

// Softmax attention of 16-row query tiles over keys in shared memory, on tensor cores: what one warp does.
//
// Per row and call: s_j = q . k_j; m' = max(m, max s); p_j = 2^((s_j - m') c) with c = scale * log2 e; sums = sums *
// 2^((m - m') c) + sum_j round(p_j) v_j; total likewise with p_j unrounded. A key that a row does not see has s_j =
// -inf and p_j = 0, so a call in which a row sees nothing multiplies its state by 1 and adds 0. All float32 arithmetic
// outside the mma is written so that the compiler has no choice of contraction: every instance of these templates gives
// a row the same bits.
//
// A lane holds rows g = lane / 4 and g + 8 of each 16-row tile, columns 2t, 2t + 1 (t = lane % 4) of each 8 columns
// (llava_ptx.h).

#include <llava_ptx.h>

#include "kernels/cuda/attention_source.h"
#include "kernels/cuda/numbers.h"
#include "kernels/cuda/reduce.h"

namespace llava::cuda {

/// Rows of kSize 16-bit elements in shared memory, in 16-byte chunks. A row is an odd number of chunks long, so that
/// the eight rows of one ldmatrix phase touch all banks.
template <int kSize>
struct TileLayout {
  static_assert(kSize % 16 == 0);
  static constexpr int kChunks = kSize / 8;
  static constexpr int kStride = kSize + 8;

  __device__ static __forceinline__ int at(int row, int chunk) { return row * kStride + chunk * 8; }
};

/// Starts copying kRows rows, columns from address(row, column); zeros for rows from `valid` on and for columns from
/// head_size on. kThreads threads do it together, or `parts` such groups of a block, of which this is `part`. A thread
/// keeps its column and goes down the rows.
template <typename T, int kSize, int kRows, int kThreads, typename Address>
__device__ __forceinline__ void copy_rows(T* shared, int valid, int head_size, const Address& address, int part = 0,
                                          int parts = 1) {
  constexpr int kChunks = TileLayout<kSize>::kChunks;
  constexpr int kStep = kThreads / kChunks;
  const int thread = static_cast<int>(threadIdx.x % kThreads);
  const int first = thread / kChunks;
  const int chunk = thread % kChunks;
  const int left = chunk * 8 < head_size ? valid - first : 0;
  if (kThreads % kChunks != 0 && first >= kStep) return;
#pragma unroll
  for (int pass = part; pass < (kRows + kStep - 1) / kStep; pass += parts) {
    const int row = first + pass * kStep;
    if (kRows % kStep != 0 && row >= kRows) break;
    copy_async(shared + TileLayout<kSize>::at(row, chunk), address(row, chunk * 8), pass * kStep < left);
  }
}

/// One lane's share of the running softmax of kTiles tiles of 16 rows. `total` is this lane's part: its quad's sum is
/// the row's.
template <int kSize, int kTiles>
struct SoftmaxRows {
  float sums[kTiles][kSize / 8][4];
  float largest[kTiles][2];
  float total[kTiles][2];

  __device__ __forceinline__ void start() {
#pragma unroll
    for (int m = 0; m < kTiles; ++m) {
#pragma unroll
      for (int c = 0; c < kSize / 8; ++c) {
#pragma unroll
        for (int e = 0; e < 4; ++e) sums[m][c][e] = 0.0f;
      }
      largest[m][0] = largest[m][1] = kNoScore;
      total[m][0] = total[m][1] = 0.0f;
    }
  }
};

/// Columns 16 * step and on of 16 rows as the left operand.
template <typename T, int kSize>
__device__ __forceinline__ void load_left(uint32_t (&fragment)[4], const T* tile, int step) {
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  load_matrices(fragment, tile + TileLayout<kSize>::at(lane % 16, 2 * step + lane / 16));
}

/// score = q k^T for kKeys keys from `keys` on; queries(step, fragments) gives the left operands of 16 columns.
template <typename T, int kSize, int kTiles, int kKeys, typename Queries>
__device__ __forceinline__ void score_keys(float (&score)[kTiles][kKeys / 8][4], const T* keys,
                                           const Queries& queries) {
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  const int row = lane % 8 + lane / 16 * 8;
  const int half = lane / 8 % 2;
#pragma unroll
  for (int m = 0; m < kTiles; ++m) {
#pragma unroll
    for (int j = 0; j < kKeys / 8; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) score[m][j][e] = 0.0f;
    }
  }
#pragma unroll
  for (int step = 0; step < kSize / 16; ++step) {
    uint32_t q[kTiles][4];
    queries(step, q);
#pragma unroll
    for (int j = 0; j < kKeys / 16; ++j) {
      uint32_t k[4];
      load_matrices(k, keys + TileLayout<kSize>::at(j * 16 + row, 2 * step + half));
      const uint32_t low[2] = {k[0], k[1]};
      const uint32_t high[2] = {k[2], k[3]};
#pragma unroll
      for (int m = 0; m < kTiles; ++m) {
        mma_16x8x16<T>(score[m][2 * j], q[m], low);
        mma_16x8x16<T>(score[m][2 * j + 1], q[m], high);
      }
    }
  }
}

/// Keys a row does not see get no score. `first_key` is the position of the first column; visible(m, half) speaks of
/// row g + 8 * half.
template <int kTiles, int kKeys, typename RowVisible>
__device__ __forceinline__ void hide_keys(float (&score)[kTiles][kKeys / 8][4], int first_key,
                                          const RowVisible& visible) {
  const int column = first_key + 2 * static_cast<int>(threadIdx.x % 4);
#pragma unroll
  for (int m = 0; m < kTiles; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const Visible seen = visible(m, half);
#pragma unroll
      for (int j = 0; j < kKeys / 8; ++j) {
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          const int key = column + j * 8 + e;
          if (key < seen.low || key >= seen.high) score[m][j][2 * half + e] = -INFINITY;
        }
      }
    }
  }
}

/// Scores become probabilities in place; the state is rescaled to the new maxima. The rescale is left out where it
/// would multiply by one.
template <int kSize, int kTiles, int kKeys>
__device__ __forceinline__ void soften(float (&score)[kTiles][kKeys / 8][4], SoftmaxRows<kSize, kTiles>& state,
                                       float exponent_scale) {
#pragma unroll
  for (int m = 0; m < kTiles; ++m) {
    float shrink[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float most = state.largest[m][half];
#pragma unroll
      for (int j = 0; j < kKeys / 8; ++j) most = fmaxf(most, fmaxf(score[m][j][2 * half], score[m][j][2 * half + 1]));
      most = fmaxf(most, __shfl_xor_sync(kAllLanes, most, 1));
      most = fmaxf(most, __shfl_xor_sync(kAllLanes, most, 2));
      shrink[half] = fast_exp2((state.largest[m][half] - most) * exponent_scale);
      state.largest[m][half] = most;
      const float bias = -(most * exponent_scale);
      float added = 0.0f;
#pragma unroll
      for (int j = 0; j < kKeys / 8; ++j) {
#pragma unroll
        for (int e = 2 * half; e < 2 * half + 2; ++e) {
          score[m][j][e] = fast_exp2(fmaf(score[m][j][e], exponent_scale, bias));
          added += score[m][j][e];
        }
      }
      state.total[m][half] = fmaf(state.total[m][half], shrink[half], added);
    }
    if (__ballot_sync(kAllLanes, shrink[0] != 1.0f || shrink[1] != 1.0f) != 0) {
#pragma unroll
      for (int c = 0; c < kSize / 8; ++c) {
#pragma unroll
        for (int e = 0; e < 4; ++e) state.sums[m][c][e] *= shrink[e / 2];
      }
    }
  }
}

/// sums += round(p) v for kKeys keys, 16 at a time in ascending order.
template <typename T, int kSize, int kTiles, int kKeys>
__device__ __forceinline__ void add_values(const float (&p)[kTiles][kKeys / 8][4], SoftmaxRows<kSize, kTiles>& state,
                                           const T* values) {
  const int lane = static_cast<int>(threadIdx.x % kWarp);
#pragma unroll
  for (int j = 0; j < kKeys / 16; ++j) {
    uint32_t left[kTiles][4];
#pragma unroll
    for (int m = 0; m < kTiles; ++m) {
#pragma unroll
      for (int i = 0; i < 4; ++i)
        left[m][i] = pack_pair<T>(p[m][2 * j + i / 2][i % 2 * 2], p[m][2 * j + i / 2][i % 2 * 2 + 1]);
    }
#pragma unroll
    for (int c = 0; c < kSize / 16; ++c) {
      uint32_t v[4];
      load_matrices_transposed(v, values + TileLayout<kSize>::at(j * 16 + lane % 16, 2 * c + lane / 16));
      const uint32_t low[2] = {v[0], v[1]};
      const uint32_t high[2] = {v[2], v[3]};
#pragma unroll
      for (int m = 0; m < kTiles; ++m) {
        mma_16x8x16<T>(state.sums[m][2 * c], left[m], low);
        mma_16x8x16<T>(state.sums[m][2 * c + 1], left[m], high);
      }
    }
  }
}

/// The sum over the four lanes of a row, on each of them.
__device__ __forceinline__ float quad_sum(float x) {
  x += __shfl_xor_sync(kAllLanes, x, 1);
  return x + __shfl_xor_sync(kAllLanes, x, 2);
}

}  // namespace llava::cuda
