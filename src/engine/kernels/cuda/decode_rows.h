#pragma once

// How decode attention is cut: splits of kSplitTokens keys from absolute positions, each worked on for one row, or once
// for several rows of a group whose shared prefix the split lies in. A block takes one split, one kv head and a chunk
// of rows; its pairs are rows times the query heads of the kv head. What a row adds up, and in which order, is the same
// in every chunk.

#include "kernels/cuda/attention_source.h"
#include "kernels/cuda/context.h"
#include "kernels/cuda/reduce.h"

namespace llava::cuda {

inline constexpr int kSplitTokens = 4 * kPageTokens;
inline constexpr int kMostHeadsPerKv = 16;

template <typename T>
struct DecodeArguments {
  const T* q = nullptr;
  T* out = nullptr;
  int64_t q_stride = 0;
  int64_t out_stride = 0;
  KeySource<T> source;
  const int32_t* kv_length = nullptr;            // [rows]
  const int32_t* group_start = nullptr;          // [groups + 1]
  const int32_t* group_shared_tokens = nullptr;  // [groups]
  int32_t groups = 0;
  int32_t rows = 0;
  int32_t heads = 0;
  int32_t heads_per_kv = 0;
  int32_t head_size = 0;
  int32_t window = 0;
  int32_t splits = 0;               // of the longest row
  float exponent_scale = 0.0f;      // scale * log2 e
  float* partial_sums = nullptr;    // [rows, heads, splits, head_size]
  float2* partial_marks = nullptr;  // [rows, heads, splits]: largest score, total

  __device__ __forceinline__ int64_t partial_at(int row, int head, int split) const {
    return (static_cast<int64_t>(row) * heads + head) * splits + split;
  }
};

struct DecodeChunk {
  int first_row;
  int rows;  // 0 = nothing to do
};

/// The chunk of block (row, kv head, split). Every row has its block; where several share the split, the blocks of the
/// others are empty.
template <typename T>
__device__ __forceinline__ DecodeChunk decode_chunk(const DecodeArguments<T>& a, int most_rows) {
  const int row = static_cast<int>(blockIdx.x);
  const int begin = static_cast<int>(blockIdx.z) * kSplitTokens;
  const int end = begin + kSplitTokens;
  int begun = 0;  // groups that begin here or before; the last is the row's: an empty group begins where the next does
  for (int from = 0; from < a.groups; from += static_cast<int>(kWarp)) {
    const int g = from + static_cast<int>(threadIdx.x % kWarp);
    begun += __popc(__ballot_sync(kAllLanes, g < a.groups && a.group_start[g] <= row));
  }
  if (begun > 0 && row < a.group_start[begun] && end <= a.group_shared_tokens[begun - 1]) {
    if ((row - a.group_start[begun - 1]) % most_rows != 0) return {row, 0};
    const int left = a.group_start[begun] - row;
    return {row, left < most_rows ? left : most_rows};
  }
  const Visible seen = visible_to(a.kv_length[row], a.window);
  return {row, begin < seen.high && end > seen.low ? 1 : 0};
}

/// out[row, head] = sum of the splits' partial sums, weighted to one maximum, over the sum of their totals: splits in
/// ascending order. One warp per (row, head); reads the partial results once.
template <typename T>
__global__ void __launch_bounds__(128) merge_splits_kernel(DecodeArguments<T> a) {
  const int pair = static_cast<int>(blockIdx.x * (blockDim.x / kWarp) + threadIdx.x / kWarp);
  if (pair >= a.rows * a.heads) return;
  const int row = pair / a.heads;
  const int head = pair % a.heads;
  const Visible seen = visible_to(a.kv_length[row], a.window);
  const int first = seen.low / kSplitTokens;
  const int end = (seen.high + kSplitTokens - 1) / kSplitTokens;
  const int64_t at = a.partial_at(row, head, 0);
  const float2* const marks = a.partial_marks + at;
  float most = kNoScore;
  for (int i = first; i < end; ++i) most = fmaxf(most, marks[i].x);
  float total = 0.0f;
  for (int i = first; i < end; ++i) total = fmaf(exp2f((marks[i].x - most) * a.exponent_scale), marks[i].y, total);
  for (int c = static_cast<int>(threadIdx.x % kWarp) * 4; c < a.head_size; c += 4 * static_cast<int>(kWarp)) {
    float sums[4] = {};
#pragma unroll 4
    for (int i = first; i < end; ++i) {
      const float weight = exp2f((marks[i].x - most) * a.exponent_scale);
      const Pack<float> part = load_pack(a.partial_sums + (at + i) * a.head_size + c);
      for (int e = 0; e < 4; ++e) sums[e] = fmaf(weight, part.at[e], sums[e]);
    }
    Pack<T, 4> y;
    for (int e = 0; e < 4; ++e) y.at[e] = narrow<T>(sums[e] / total + 0.0f);  // + 0: see prefill_attention.cu
    store_pack(a.out + row * a.out_stride + head * a.head_size + c, y);
  }
}

template <typename T>
void merge_splits(Context& context, const DecodeArguments<T>& a) {
  context.launch("decode_attention merge", {a.rows, a.heads, a.splits, a.head_size}, merge_splits_kernel<T>,
                 dim3(blocks_for(int64_t{a.rows} * a.heads, 4)), dim3(128), 0, a);
}

/// The float32 kernel, without the merge. decode_attention_f32.cu
void decode_splits_f32(Context& context, const DecodeArguments<float>& a);

}  // namespace llava::cuda
