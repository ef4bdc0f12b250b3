// out = epilogue(x w^T) in float32 on the ordinary cores (no TF32: golden cases and comparisons run in this type).
//   x [rows, k] f32      w [n, k] f32, or [n, k] bytes (quantised.h); rows and n arbitrary, k a multiple of 8
//
// Prefill: one block of 256 threads per 64 x 64 tile of out, three stages of 16 columns of k, 4 x 4 sums per thread, 16
// apart (a warp then
//   reads 16 rows of w whose float4 lie 20 words apart: no bank twice, and two rows of x, broadcast).
//   order    k ascending in one sum: a function of k alone
//   cost     2 rows n k FLOP; limited by shared-memory reads (8 float4 for 64 multiply-adds), about 3/4 of the cores'
//            rate
// Decode: one warp per 4 rows of w (2 of quantised ones) and 8 rows of x; a lane takes every 32nd piece of k, then the
// warp adds up.
//   order    pieces of a lane ascending, then the butterfly of warp_sum: a function of k alone
//   cost     n k sizeof(w) bytes for every 8 rows; limited by DRAM

#include <llava_ptx.h>

#include "kernels/cuda/gemm.h"
#include "kernels/cuda/quantised.h"
#include "kernels/cuda/reduce.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;

__device__ __forceinline__ float dot(float sum, float4 a, float4 b) {
  return __fmaf_rn(a.w, b.w, __fmaf_rn(a.z, b.z, __fmaf_rn(a.y, b.y, __fmaf_rn(a.x, b.x, sum))));
}

/// The sixteen values of a group, in ascending k.
template <Storage kStorage>
__device__ __forceinline__ void widen_group(uint4 group, float4 (&values)[4]) {
  const uint32_t words[4] = {group.x, group.y, group.z, group.w};
  float flat[kGroup];
#pragma unroll
  for (int place = 0; place < kGroup; ++place)
    flat[value_in_group(place)] = widen_byte<kStorage>(words[place / 4] >> (8 * (place % 4)));
#pragma unroll
  for (int i = 0; i < 4; ++i) values[i] = make_float4(flat[4 * i], flat[4 * i + 1], flat[4 * i + 2], flat[4 * i + 3]);
}

// -- prefill -------------------------------------------------------------------------------------------------------

constexpr int kTile = 64;
constexpr int kDepth = 16;
constexpr int kStages = 3;
constexpr int kPitch = kDepth / 4 + 1;  // float4 from row to row

template <Storage kStorage>
__global__ void __launch_bounds__(kThreads) prefill_f32_kernel(const Product p) {
  __shared__ float4 a[kStages][kTile * kPitch];
  __shared__ float4 b[kStages][kTile * kPitch];
  const int thread = static_cast<int>(threadIdx.x);
  const int first_row = static_cast<int>(blockIdx.y) * kTile, first_column = static_cast<int>(blockIdx.x) * kTile;
  const int row = thread / 4, piece = thread % 4;  // of the tile's copies: 64 rows of four float4
  const float* const x = static_cast<const float*>(p.x) + (first_row + row) * p.x_stride + 4 * piece;

  const auto load = [&](int stage, int k) {
    copy_async(&a[stage][row * kPitch + piece], x + k, first_row + row < p.rows && k + 4 * piece < p.k);
    if constexpr (kStorage == Storage::f32) {
      const float* const w =
          static_cast<const float*>(p.w) + static_cast<int64_t>(first_column + row) * p.k + 4 * piece;
      copy_async(&b[stage][row * kPitch + piece], w + k, first_column + row < p.n && k + 4 * piece < p.k);
    } else if (thread < kTile) {
      float4 values[4] = {};
      if (first_column + thread < p.n) {
        const auto* const w =
            static_cast<const unsigned char*>(p.w) + static_cast<int64_t>(first_column + thread) * quantised_pitch(p.k);
        widen_group<kStorage>(*reinterpret_cast<const uint4*>(w + k), values);
      }
#pragma unroll
      for (int i = 0; i < 4; ++i) b[stage][thread * kPitch + i] = values[i];
    }
  };

  const int down = thread / 16, across = thread % 16;
  float sum[4][4] = {};
  const int steps = (p.k + kDepth - 1) / kDepth;
  for (int s = 0; s < kStages - 1; ++s) {
    if (s < steps) load(s, s * kDepth);
    commit_copies();
  }
  for (int step = 0; step < steps; ++step) {
    wait_copies<kStages - 2>();
    __syncthreads();
    const int ahead = step + kStages - 1;
    if (ahead < steps) load(ahead % kStages, ahead * kDepth);
    commit_copies();
    const float4* const rows = a[step % kStages];
    const float4* const columns = b[step % kStages];
#pragma unroll
    for (int k = 0; k < kDepth / 4; ++k) {
      float4 left[4], right[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        left[i] = rows[(down + 16 * i) * kPitch + k];
        right[i] = columns[(across + 16 * i) * kPitch + k];
      }
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sum[i][j] = dot(sum[i][j], left[i], right[j]);
      }
    }
  }
  wait_copies<0>();
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const int m = first_row + down + 16 * i, n = first_column + across + 16 * j;
      if (m < p.rows && n < p.n) emit<float>(p.epilogue, m, n, sum[i][j]);
    }
  }
}

// -- decode --------------------------------------------------------------------------------------------------------

template <Storage kStorage>
constexpr int kWeights = kStorage == Storage::f32 ? 4 : 2;  // rows of w per warp; widened groups take more registers
constexpr int kRows = 8;                                    // rows of x per warp

template <Storage kStorage>
__global__ void __launch_bounds__(kThreads) decode_f32_kernel(const Product p) {
  constexpr int kSpan = 16 / static_cast<int>(size_of(kStorage));  // of k, per lane and step: 16 bytes of w
  constexpr int kColumns = kWeights<kStorage>;
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const int first_row = static_cast<int>(blockIdx.x) * kRows;
  const int first_column = (static_cast<int>(blockIdx.y) * (kThreads / 32) + warp) * kColumns;
  const int64_t pitch = kStorage == Storage::f32 ? 4 * static_cast<int64_t>(p.k) : quantised_pitch(p.k);
  const auto* const w = static_cast<const unsigned char*>(p.w);
  const float* const x = static_cast<const float*>(p.x);
  float sum[kColumns][kRows] = {};
  if (first_column < p.n) {
    for (int k = lane * kSpan; k < p.k; k += 32 * kSpan) {
      float4 values[kColumns][kSpan / 4];
#pragma unroll
      for (int i = 0; i < kColumns; ++i) {
        const unsigned char* const from =
            w + min(first_column + i, p.n - 1) * pitch + k * static_cast<int>(size_of(kStorage));
        if constexpr (kStorage == Storage::f32) {
          values[i][0] = *reinterpret_cast<const float4*>(from);
        } else {
          widen_group<kStorage>(*reinterpret_cast<const uint4*>(from), values[i]);
        }
      }
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        const float* const row = x + min(first_row + j, p.rows - 1) * p.x_stride + k;
#pragma unroll
        for (int piece = 0; piece < kSpan / 4; ++piece) {
          if (k + 4 * piece >= p.k) break;
          const float4 part = *reinterpret_cast<const float4*>(row + 4 * piece);
#pragma unroll
          for (int i = 0; i < kColumns; ++i) sum[i][j] = dot(sum[i][j], part, values[i][piece]);
        }
      }
    }
  }
#pragma unroll
  for (int i = 0; i < kColumns; ++i) {
#pragma unroll
    for (int j = 0; j < kRows; ++j) {
      const float total = warp_sum(sum[i][j]);
      const int m = first_row + j, n = first_column + i;
      if (lane == 0 && m < p.rows && n < p.n) emit<float>(p.epilogue, m, n, total);
    }
  }
}

template <typename Body>
void with_storage(Storage storage, Body body) {
  switch (storage) {
    case Storage::f32: return body.template operator()<Storage::f32>();
    case Storage::i8: return body.template operator()<Storage::i8>();
    case Storage::f8: return body.template operator()<Storage::f8>();
    default: throw ContractViolation("linear: the weight was loaded for another work type");
  }
}

}  // namespace

void prefill_product_f32(Context& context, const Product& product, Storage storage) {
  with_storage(storage, [&]<Storage kStorage>() {
    context.launch("linear f32 (prefill)", {product.rows, product.n, product.k}, prefill_f32_kernel<kStorage>,
                   dim3(blocks_for(product.n, kTile), blocks_for(product.rows, kTile)), dim3(kThreads), 0, product);
  });
}

void decode_product_f32(Context& context, const Product& product, Storage storage) {
  with_storage(storage, [&]<Storage kStorage>() {
    context.launch("linear f32 (decode)", {product.rows, product.n, product.k}, decode_f32_kernel<kStorage>,
                   dim3(blocks_for(product.rows, kRows), blocks_for(product.n, kWeights<kStorage> * kThreads / 32)),
                   dim3(kThreads), 0, product);
  });
}

}  // namespace llava::cuda
