#pragma once

// Softmax attention of 16 query rows over tiles of 64 keys in float32, plain arithmetic: what one block of 4 warps
// does, 4 rows per warp.
//
// Per row and tile as in attention_tile.h, with p_j not rounded: one chain over the head per score, one over the keys
// per sum. A lane scores keys lane and lane + 32 of its warp's rows and sums columns 4 * lane and on. Keys and values
// take turns in one buffer.

#include "kernels/cuda/attention_source.h"
#include "kernels/cuda/reduce.h"

namespace llava::cuda {

class FloatRows {
 public:
  static constexpr int kRows = 16;
  static constexpr int kThreads = 128;
  static constexpr int kWarpRows = 4;
  static constexpr int kStride = 132;  // floats of a row in shared memory: 128, and 4 for the banks
  static constexpr size_t kSharedBytes = ((kRows + kPageTokens) * kStride + kRows * kPageTokens) * sizeof(float);

  float sums[kWarpRows][4];
  float largest[kWarpRows];
  float total[kWarpRows];  // this lane's part

  /// query(row) gives the address of a row's query, or nullptr for a row that is not there.
  template <typename Query>
  __device__ __forceinline__ void start(unsigned char* shared, int head_size, const Query& query) {
    queries_ = reinterpret_cast<float*>(shared);
    tile_ = queries_ + kRows * kStride;
    weights_ = tile_ + kPageTokens * kStride;
    head_size_ = head_size;
    for (int i = static_cast<int>(threadIdx.x); i < kRows * (head_size / 4); i += kThreads) {
      const int row = i / (head_size / 4);
      const int column = i % (head_size / 4) * 4;
      const float* from = query(row);
      store_pack(queries_ + row * kStride + column, from != nullptr ? load_pack(from + column) : Pack<float>{});
    }
    for (int r = 0; r < kWarpRows; ++r) {
      for (int c = 0; c < 4; ++c) sums[r][c] = 0.0f;
      largest[r] = kNoScore;
      total[r] = 0.0f;
    }
  }

  /// One tile whose first key stands at first_key; keys from `valid` on are not read. visible(row) gives the keys a row
  /// sees.
  template <typename RowVisible>
  __device__ __forceinline__ void add_tile(const float* keys, const float* values, int row_elements, int first_key,
                                           int valid, float exponent_scale, const RowVisible& visible) {
    __syncthreads();  // the tile before is no longer read; the queries are here
    load(keys, row_elements, valid);
    __syncthreads();
    float score[kWarpRows][2] = {};
    score_keys(score);
    __syncthreads();  // the keys are no longer read
    load(values, row_elements, valid);
    soften(score, first_key, exponent_scale, visible);
    __syncthreads();
    add_values();
  }

  __device__ __forceinline__ static int warp_row() { return static_cast<int>(threadIdx.x / kWarp) * kWarpRows; }
  __device__ __forceinline__ static int column() { return static_cast<int>(threadIdx.x % kWarp) * 4; }

 private:
  __device__ __forceinline__ void load(const float* from, int row_elements, int valid) {
    for (int i = static_cast<int>(threadIdx.x); i < kPageTokens * (head_size_ / 4); i += kThreads) {
      const int row = i / (head_size_ / 4);
      const int column = i % (head_size_ / 4) * 4;
      store_pack(tile_ + row * kStride + column,
                 row < valid ? load_pack(from + row * row_elements + column) : Pack<float>{});
    }
  }

  __device__ __forceinline__ void score_keys(float (&score)[kWarpRows][2]) const {
    const float* keys = tile_ + static_cast<int>(threadIdx.x % kWarp) * kStride;
    const float* queries = queries_ + warp_row() * kStride;
    for (int c = 0; c < head_size_; c += 4) {
      const Pack<float> k[2] = {load_pack(keys + c), load_pack(keys + 32 * kStride + c)};
      for (int r = 0; r < kWarpRows; ++r) {
        const Pack<float> q = load_pack(queries + r * kStride + c);
        for (int j = 0; j < 2; ++j) {
          for (int i = 0; i < 4; ++i) score[r][j] = fmaf(q.at[i], k[j].at[i], score[r][j]);
        }
      }
    }
  }

  template <typename RowVisible>
  __device__ __forceinline__ void soften(float (&score)[kWarpRows][2], int first_key, float exponent_scale,
                                         const RowVisible& visible) {
    const int lane = static_cast<int>(threadIdx.x % kWarp);
    for (int r = 0; r < kWarpRows; ++r) {
      const Visible seen = visible(warp_row() + r);
      for (int j = 0; j < 2; ++j) {
        const int key = first_key + lane + 32 * j;
        if (key < seen.low || key >= seen.high) score[r][j] = -INFINITY;
      }
      const float most = fmaxf(largest[r], warp_max(fmaxf(score[r][0], score[r][1])));
      const float shrink = exp2f((largest[r] - most) * exponent_scale);
      float* weights = weights_ + (warp_row() + r) * kPageTokens + lane;
      float added = 0.0f;
      for (int j = 0; j < 2; ++j) {
        const float p = exp2f((score[r][j] - most) * exponent_scale);
        weights[32 * j] = p;
        added += p;
      }
      largest[r] = most;
      total[r] = fmaf(total[r], shrink, added);
      for (int c = 0; c < 4; ++c) sums[r][c] *= shrink;
    }
  }

  __device__ __forceinline__ void add_values() {
    if (column() >= head_size_) return;
    const float* weights = weights_ + warp_row() * kPageTokens;
    for (int key = 0; key < kPageTokens; key += 4) {
      Pack<float> p[kWarpRows];
      for (int r = 0; r < kWarpRows; ++r) p[r] = load_pack(weights + r * kPageTokens + key);
      for (int i = 0; i < 4; ++i) {
        const Pack<float> v = load_pack(tile_ + (key + i) * kStride + column());
        for (int r = 0; r < kWarpRows; ++r) {
          for (int c = 0; c < 4; ++c) sums[r][c] = fmaf(p[r].at[i], v.at[c], sums[r][c]);
        }
      }
    }
  }

  float* queries_ = nullptr;  // [kRows][kStride]
  float* tile_ = nullptr;     // [kPageTokens][kStride]: keys, then values
  float* weights_ = nullptr;  // [kRows][kPageTokens]
  int head_size_ = 0;
};

}  // namespace llava::cuda
