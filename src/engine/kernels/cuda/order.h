#pragma once

// The order of a row of logits (logit descending, id ascending) without sorting: every element has an integer key, and
// the element at which a running sum crosses a border is found digit by digit. Sums are of integers, so nothing here
// depends on the order of threads.
//   a row    count float32 logits, 16-byte aligned, readable to the next multiple of 4      a block    kRowThreads
//   threads, one row
//   cost     find_place reads the row once per digit (13 times for 152k ids, 0.6 MB each, from the L2 cache)

#include "kernels/cuda/numbers.h"
#include "kernels/cuda/reduce.h"

namespace llava::cuda {

inline constexpr int kRowThreads = 512;
inline constexpr int kDigitBits = 4;
inline constexpr int kDigits = 1 << kDigitBits;
inline constexpr int kIdBits = 20;  // ids below 2^20; a multiple of kDigitBits

static_assert(kRowThreads / kWarp == kDigits, "each warp adds up one digit");

using Key = unsigned long long;
inline constexpr Key kNanKey = ~Key{0};

/// Larger = earlier in the order. Zeros of both signs are equal; a NaN is before everything.
__device__ __forceinline__ Key key_of(float logit, int id) {
  if (logit != logit) return kNanKey;
  const uint32_t bits = logit == 0.0f ? 0u : __float_as_uint(logit);
  const uint32_t ordered = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  return static_cast<Key>(ordered) << kIdBits | ((1u << kIdBits) - 1u - static_cast<uint32_t>(id));
}
__device__ __forceinline__ int id_of(Key key) {
  constexpr Key kLowest = (Key{1} << kIdBits) - 1;
  return key == kNanKey ? -1 : static_cast<int>(kLowest - (key & kLowest));
}

/// body(id, logit) for the ids of this thread: the same ones in the same order at every call.
template <typename Body>
__device__ __forceinline__ void for_own_ids(const float* row, int count, Body body) {
  for (int first = static_cast<int>(threadIdx.x) * 4; first < count; first += kRowThreads * 4) {
    const Pack<float> pack = load_pack(row + first);
    for (int i = 0; i < 4; ++i) {
      if (first + i < count) body(first + i, pack.at[i]);
    }
  }
}

/// The sum (or with kLargest the largest) of one value per thread, on every thread. `sums` holds kDigits keys in shared
/// memory.
template <bool kLargest>
__device__ __forceinline__ Key fold_block(Key x, Key* sums) {
  const auto fold = [](Key a, Key b) { return kLargest ? (a > b ? a : b) : a + b; };
  for (int lane = 16; lane > 0; lane /= 2) x = fold(x, __shfl_xor_sync(kAllLanes, x, lane));
  __syncthreads();
  if (threadIdx.x % kWarp == 0) sums[threadIdx.x / kWarp] = x;
  __syncthreads();
  x = sums[0];
  for (int warp = 1; warp < kDigits; ++warp) x = fold(x, sums[warp]);
  return x;
}

/// The key of the first element in the order: the argmax, or kNanKey.
__device__ __forceinline__ Key first_key(const float* row, int count, Key* sums) {
  Key best = 0;
  for_own_ids(row, count, [&](int id, float logit) {
    const Key key = key_of(logit, id);
    if (key > best) best = key;
  });
  return fold_block<true>(best, sums);
}

struct OrderShared {
  Key cells[kDigits][kRowThreads];  // a thread adds to its own column: no bank conflicts, no atomics
  Key sums[kDigits];
};

struct Place {
  Key key = 0;
  Key sum = 0;  // of the amounts up to and including this element
};

/// The first element in the order whose amount is not zero and at which crossed(the running sum of amounts) holds, or
/// the last one with an amount. amount(key, logit) >= 0; crossed is monotone. No NaN in the row.
template <typename Amount, typename Crossed>
__device__ __forceinline__ Place find_place(const float* row, int count, OrderShared& shared, Amount amount,
                                            Crossed crossed) {
  Place place;
  for (int shift = 32 + kIdBits - kDigitBits; shift >= 0; shift -= kDigitBits) {
    __syncthreads();
    for (int digit = 0; digit < kDigits; ++digit) shared.cells[digit][threadIdx.x] = 0;
    for_own_ids(row, count, [&](int id, float logit) {
      const Key key = key_of(logit, id);
      if (key >> (shift + kDigitBits) == place.key)
        shared.cells[key >> shift & (kDigits - 1)][threadIdx.x] += amount(key, logit);
    });
    __syncthreads();
    Key sum = 0;
    for (int thread = threadIdx.x % kWarp; thread < kRowThreads; thread += kWarp)
      sum += shared.cells[threadIdx.x / kWarp][thread];
    for (int lane = 16; lane > 0; lane /= 2) sum += __shfl_xor_sync(kAllLanes, sum, lane);
    if (threadIdx.x % kWarp == 0) shared.sums[threadIdx.x / kWarp] = sum;
    __syncthreads();
    // Every thread walks the digits from the largest on.
    Key before = place.sum;
    Key chosen = 0;
    Key chosen_before = before;
    for (int digit = kDigits - 1; digit >= 0; --digit) {
      const Key here = shared.sums[digit];
      if (here == 0) continue;
      chosen = static_cast<Key>(digit);
      chosen_before = before;
      before += here;
      if (crossed(before)) break;
    }
    place.key = place.key << kDigitBits | chosen;
    place.sum = shift == 0 ? before : chosen_before;
  }
  return place;
}

}  // namespace llava::cuda
