// Rows of a file to one byte per value and one scale per row: w = scale q. The same numbers as kernels/cpu/weights.cc.
//   i8   scale = largest |w| / 127; q = w / scale, to the nearest whole number, ties to even
//   f8   scale = largest |w| / 448; q = the e4m3 value nearest to w / scale, ties to even
//   source [rows, columns] f32, bf16 or f16, without gaps; values are rounded to the work type first
//   target [rows, pitch] bytes in groups (quantised.h), zeros behind the columns      scale [rows] f32
//   launch   one block of 256 threads per row; the second pass over the row finds it in L2
//   cost     reads the row twice, writes a byte per value; limited by the upload that feeds it
// And back, for cuBLASLt: q as bf16 or f16, which is exact.
//   w [rows, pitch] bytes in groups      target [rows, k]
//   launch   one thread per group of 16; neighbours read and write 16 bytes each of neighbouring places
//   cost     rows k bytes in, 2 rows k out (linear.cu keeps that near the size of L2)

#include <algorithm>

#include "kernels/cuda/convert.h"
#include "kernels/cuda/gemm.h"
#include "kernels/cuda/quantised.h"
#include "kernels/cuda/reduce.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;

/// |x| <= 448 as e4m3, ties to even: 4 bits of exponent (bias 7), 3 of mantissa, steps of 2^-9 below 2^-6.
__device__ __forceinline__ uint32_t to_e4m3(float x) {
  const uint32_t sign = __float_as_uint(x) >> 24 & 0x80u;
  const float magnitude = fminf(fabsf(x), 448.0f);
  if (magnitude < 0x1p-6f) return sign | static_cast<uint32_t>(rintf(magnitude * 512.0f));
  const uint32_t bits = __float_as_uint(magnitude);
  return sign | (bits + 0x7ffffu + (bits >> 20 & 1u) - (120u << 23)) >> 20;
}

/// A whole number of at most 127 as sign and magnitude.
__device__ __forceinline__ uint32_t to_signed_magnitude(float x) {
  const float whole = fminf(rintf(fabsf(x)), 127.0f);
  return (x < 0.0f && whole > 0.0f ? 0x80u : 0u) | static_cast<uint32_t>(whole);
}

template <typename From, typename Work, Storage kStorage>
__global__ void __launch_bounds__(kThreads)
    quantise_kernel(const From* source, uint4* target, float* scale, int columns, int groups) {
  __shared__ float shared[32];
  const From* const row = source + static_cast<int64_t>(blockIdx.x) * columns;
  float largest = 0.0f;
  for (int c = static_cast<int>(threadIdx.x); c < columns; c += kThreads)
    largest = fmaxf(largest, fabsf(rounded<Work>(widen(row[c]))));
  largest = block_max(largest, shared);
  const float step = __fdiv_rn(largest, kStorage == Storage::i8 ? 127.0f : 448.0f);
  if (threadIdx.x == 0) scale[blockIdx.x] = step;
  for (int group = static_cast<int>(threadIdx.x); group < groups; group += kThreads) {
    uint32_t words[4] = {};
#pragma unroll
    for (int place = 0; place < kGroup; ++place) {
      const int c = group * kGroup + value_in_group(place);
      if (c >= columns || !(largest > 0.0f)) continue;
      const float q = __fdiv_rn(rounded<Work>(widen(row[c])), step);
      words[place / 4] |= (kStorage == Storage::i8 ? to_signed_magnitude(q) : to_e4m3(q)) << (8 * (place % 4));
    }
    target[static_cast<int64_t>(blockIdx.x) * groups + group] = make_uint4(words[0], words[1], words[2], words[3]);
  }
}

template <typename T, Storage kStorage>
__global__ void __launch_bounds__(kThreads) widen_kernel(const uint4* w, T* target, int64_t rows, int k, int groups) {
  const int group = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (group >= groups) return;
  const bool whole = group * kGroup + kGroup <= k;  // k is a multiple of 8
  for (int64_t row = blockIdx.y; row < rows; row += gridDim.y) {
    const uint4 words = w[row * groups + group];
    uint4 low, high;
    widen_word<T, kStorage>(words.x, low.x, high.x);
    widen_word<T, kStorage>(words.y, low.y, high.y);
    widen_word<T, kStorage>(words.z, low.z, high.z);
    widen_word<T, kStorage>(words.w, low.w, high.w);
    auto* const to = reinterpret_cast<uint4*>(target + row * k + group * kGroup);
    to[0] = low;
    if (whole) to[1] = high;
  }
}

}  // namespace

void widen_rows(Context& context, const void* w, Storage storage, void* target, DType type, int64_t rows, int64_t k) {
  constexpr int64_t kMostRows = 65'535;  // of a grid
  const int64_t groups = quantised_pitch(k) / kGroup;
  const dim3 grid(blocks_for(groups, kThreads), static_cast<unsigned>(std::min(rows, kMostRows)));
  with_tensor_core_types(type, storage, [&]<typename T, Storage kStorage>() {
    if constexpr (size_of(kStorage) == 1)
      context.launch("widen", {rows, k}, widen_kernel<T, kStorage>, grid, dim3(kThreads), 0, w, target, rows, k,
                     groups);
  });
}

void quantise_rows(Context& context, const void* source, DType from, DType work, void* target, Storage storage,
                   float* scale, int64_t rows, int64_t columns, int64_t padded_columns) {
  with_work_type(from, [&]<typename From>() {
    with_work_type(work, [&]<typename Work>() {
      const auto kernel =
          storage == Storage::i8 ? quantise_kernel<From, Work, Storage::i8> : quantise_kernel<From, Work, Storage::f8>;
      context.launch("quantise", {rows, columns}, kernel, dim3(static_cast<unsigned>(rows)), dim3(kThreads), 0, source,
                     target, scale, columns, quantised_pitch(padded_columns) / kGroup);
    });
  });
}

}  // namespace llava::cuda
