#pragma once

// What kernels/cuda/ptx/llava_ptx.h says, on the CPU: fragment layouts as in the PTX manual, sums in float32 in
// ascending k.

#include <cuda_runtime.h>

#include <cmath>
#include <cstring>

#include "race_detector.h"
#include "support/dtype.h"

namespace llava::cuda {

inline unsigned char* dynamic_shared() { return emulated::dynamic_shared(); }

inline float widen(float x) { return x; }
inline float widen(BFloat16 x) { return x.to_float(); }
inline float widen(Float16 x) { return x.to_float(); }

template <typename T>
T narrow(float x) {
  return T::from(x);
}
template <>
inline float narrow<float>(float x) {
  return x;
}

template <typename T>
uint32_t pack_pair(float low, float high) {
  return static_cast<uint32_t>(T::from(low).bits) | (static_cast<uint32_t>(T::from(high).bits) << 16);
}

/// Rounded to float32 and then to T; the kernels' own uses are exact.
template <typename T>
uint32_t fma_pairs(uint32_t a, uint32_t b, uint32_t c) {
  const auto half = [&](int shift) {
    const auto value = [&](uint32_t pair) { return T{static_cast<uint16_t>(pair >> shift)}.to_float(); };
    return static_cast<uint32_t>(T::from(std::fma(value(a), value(b), value(c))).bits) << shift;
  };
  return half(0) | half(16);
}

template <typename T>
void mma_16x8x16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  struct Fragment {
    float* d;
    const uint32_t* a;
    const uint32_t* b;
  } mine{d, a, b};
  emulated::collective("mma", 0xffffffffu, &mine, [](void* const* lanes) {
    float left[16][16], right[16][8];
    const auto half = [](uint32_t pair, int which) {
      return T{static_cast<uint16_t>(pair >> (16 * which))}.to_float();
    };
    for (int lane = 0; lane < 32; ++lane) {
      const auto& f = *static_cast<const Fragment*>(lanes[lane]);
      const int g = lane / 4, t = lane % 4;
      for (int e = 0; e < 2; ++e) {
        left[g][2 * t + e] = half(f.a[0], e);
        left[g + 8][2 * t + e] = half(f.a[1], e);
        left[g][2 * t + 8 + e] = half(f.a[2], e);
        left[g + 8][2 * t + 8 + e] = half(f.a[3], e);
        right[2 * t + e][g] = half(f.b[0], e);
        right[2 * t + 8 + e][g] = half(f.b[1], e);
      }
    }
    float sum[16][8] = {};
    for (int row = 0; row < 16; ++row) {
      for (int k = 0; k < 16; ++k) {
        for (int col = 0; col < 8; ++col) sum[row][col] += left[row][k] * right[k][col];
      }
    }
    for (int lane = 0; lane < 32; ++lane) {
      const auto& f = *static_cast<const Fragment*>(lanes[lane]);
      const int g = lane / 4, t = lane % 4;
      for (int e = 0; e < 4; ++e) f.d[e] += sum[g + 8 * (e / 2)][2 * t + e % 2];
    }
  });
}

namespace emulated_detail {

template <int kMatrices, bool kTransposed>
void load_matrices(uint32_t* registers, const void* row) {
  struct Lane {
    uint32_t* registers;
    const uint16_t* row;
  } mine{registers, static_cast<const uint16_t*>(row)};
  if (emulated::lane() < 8 * kMatrices) emulated::races::read(row);
  emulated::collective("ldmatrix", 0xffffffffu, &mine, [](void* const* lanes) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int m = 0; m < kMatrices; ++m) {
        const auto element = [&](int r, int c) {
          const uint16_t* source = static_cast<const Lane*>(lanes[8 * m + r])->row;
          emulated::expect(reinterpret_cast<uintptr_t>(source) % 16 == 0, "ldmatrix: a row is not 16-byte aligned");
          return static_cast<uint32_t>(source[c]);
        };
        const int across = 2 * (lane % 4), down = lane / 4;
        static_cast<const Lane*>(lanes[lane])->registers[m] =
            kTransposed ? element(across, down) | element(across + 1, down) << 16
                        : element(down, across) | element(down, across + 1) << 16;
      }
    }
  });
}

}  // namespace emulated_detail

inline void load_matrices(uint32_t (&r)[4], const void* row) { emulated_detail::load_matrices<4, false>(r, row); }
inline void load_matrices(uint32_t (&r)[2], const void* row) { emulated_detail::load_matrices<2, false>(r, row); }
inline void load_matrices_transposed(uint32_t (&r)[4], const void* row) {
  emulated_detail::load_matrices<4, true>(r, row);
}
inline void load_matrices_transposed(uint32_t (&r)[2], const void* row) {
  emulated_detail::load_matrices<2, true>(r, row);
}

// Copies happen when they are waited for, never earlier: a forgotten wait reads old bytes.
inline void copy_async(void* shared, const void* global, bool valid) {
  emulated::expect(reinterpret_cast<uintptr_t>(shared) % 16 == 0,
                   "cp.async: the shared address is not 16-byte aligned");
  emulated::expect(!valid || reinterpret_cast<uintptr_t>(global) % 16 == 0,
                   "cp.async: the global address is not 16-byte aligned");
  emulated::start_copy(shared, valid ? global : nullptr);
}
inline void commit_copies() { emulated::commit_copies(); }
template <int kPending>
void wait_copies() {
  emulated::wait_copies(kPending);
}

inline float fast_exp2(float x) { return std::exp2(x); }

}  // namespace llava::cuda
