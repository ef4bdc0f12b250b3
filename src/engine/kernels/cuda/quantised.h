#pragma once

// Weights of one byte per value: how they lie in memory and how kernels widen them. Everything here is exact.
//
// Sixteen neighbours of k share 16 bytes; word i (of four) holds k = 2i, 2i + 8, 2i + 1, 2i + 9 in ascending bytes. A
// lane of the tensor core's B fragment (columns 2i, 2i + 1, 2i + 8, 2i + 9) so finds its four values in one register.
// Rows are padded with zeros to whole groups.
//
//   i8   sign and magnitude: bit 7 = negative, bits 0..6 = |q|. The magnitude goes into the mantissa of 128 (bf16) or
//        1024 (f16), which is
//        then subtracted: two instructions for two values.
//   f8   e4m3 as OCP has it; q and the wider type differ by a shift and a power of two. No NaN is ever stored.

#include <llava_ptx.h>

#include "kernels/cuda/context.h"
#include "kernels/cuda/numbers.h"
#include "kernels/cuda/weights.h"

namespace llava::cuda {

inline constexpr int kGroup = 16;

/// Byte of its group where value k (0 .. 15) lies.
__host__ __device__ constexpr int place_in_group(int k) { return k % 8 / 2 * 4 + k % 2 * 2 + k / 8; }
/// The value that lies at a byte of the group.
__host__ __device__ constexpr int value_in_group(int place) { return place / 4 * 2 + place % 4 / 2 + place % 2 * 8; }
static_assert(value_in_group(place_in_group(11)) == 11 && place_in_group(9) == 3 && place_in_group(2) == 4);

/// Elements from one row of a quantised weight to the next.
constexpr int64_t quantised_pitch(int64_t k) { return (k + kGroup - 1) / kGroup * kGroup; }

template <typename T>
struct WideFormat;
template <>
struct WideFormat<BFloat16> {
  static constexpr uint32_t kOne = 0x3f803f80, kMagnitudeBase = 0x43004300;    // 1; 128, whose mantissa counts ones
  static constexpr uint32_t kExponentShift = 4, kExponentFactor = 0x7b807b80;  // 2^120
};
template <>
struct WideFormat<Float16> {
  static constexpr uint32_t kOne = 0x3c003c00, kMagnitudeBase = 0x64006400;    // 1; 1024
  static constexpr uint32_t kExponentShift = 1, kExponentFactor = 0x5c005c00;  // 2^8
};

/// Two values in bits 8..15 and 24..31 of `high_bytes`, as a pair of T.
template <typename T, Storage kStorage>
__device__ __forceinline__ uint32_t widen_pair(uint32_t high_bytes) {
  using F = WideFormat<T>;
  const uint32_t sign = high_bytes & 0x80008000u;
  const uint32_t rest = high_bytes & 0x7f007f00u;
  if constexpr (kStorage == Storage::i8) {
    return fma_pairs<T>(sign | rest >> 8 | F::kMagnitudeBase, F::kOne, (sign ^ 0x80008000u) | F::kMagnitudeBase);
  } else {
    return fma_pairs<T>(sign | rest >> F::kExponentShift, F::kExponentFactor, 0x80008000u);
  }
}

/// Word i of a group: low = values 2i, 2i + 1; high = values 2i + 8, 2i + 9.
template <typename T, Storage kStorage>
__device__ __forceinline__ void widen_word(uint32_t word, uint32_t& low, uint32_t& high) {
  low = widen_pair<T, kStorage>(word << 8 & 0xff00ff00u);
  high = widen_pair<T, kStorage>(word & 0xff00ff00u);
}

/// quantise.cu: rows of w as T (bf16 or f16, `type`): target [rows, k], without the scale.
void widen_rows(Context& context, const void* w, Storage storage, void* target, DType type, int64_t rows, int64_t k);

/// One value as float32.
template <Storage kStorage>
__device__ __forceinline__ float widen_byte(uint32_t byte) {
  if constexpr (kStorage == Storage::i8) {
    const float magnitude = static_cast<float>(byte & 0x7fu);
    return byte & 0x80u ? -magnitude : magnitude;
  } else {
    return __uint_as_float((byte & 0x80u) << 24 | (byte & 0x7fu) << 20) * 0x1p120f;
  }
}

}  // namespace llava::cuda
