#pragma once

// Four floats by the compiler's own vectors: the instruction set every x86-64 (and any other) machine has.
// Same names as avx2.h and avx512.h; the kernels in ../isa are written once against them.

#include <cmath>
#include <cstdint>
#include <cstring>

#include "support/dtype.h"

namespace llava::cpu::plain {

inline constexpr int kWidth = 4;
inline constexpr int kRows = 6;     // rows of a GEMM tile
inline constexpr int kVectors = 2;  // vectors across a GEMM tile
inline constexpr int kDepth = 256;  // k block: kDepth * kVectors * kWidth floats stay in L1
inline constexpr int kGemvRegisters = 10;
inline constexpr bool kDotBf16 = false;

using F = float __attribute__((vector_size(16)));
using I = int32_t __attribute__((vector_size(16)));
using U = uint32_t __attribute__((vector_size(16)));

inline F zero() { return F{}; }
inline F set1(float x) { return F{x, x, x, x}; }
inline F load(const float* p) {
  F v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, F v) { std::memcpy(p, &v, sizeof v); }
inline F add(F a, F b) { return a + b; }
inline F sub(F a, F b) { return a - b; }
inline F mul(F a, F b) { return a * b; }
inline F div(F a, F b) { return a / b; }
inline F fma(F a, F b, F c) { return a * b + c; }
inline F max(F a, F b) { return a > b ? a : b; }  // b when either is NaN
inline F min(F a, F b) { return a < b ? a : b; }  // b when either is NaN
inline F abs(F a) { return (F)((U)a & 0x7fffffffu); }
inline F sign_of(F magnitude, F sign) { return (F)(((U)magnitude & 0x7fffffffu) | ((U)sign & 0x80000000u)); }
inline F select_less(F a, F b, F yes, F no) { return a < b ? yes : no; }
inline F round(F a) {  // |a| < 2^22, nearest even
  const F magic = set1(12582912.0f);
  return (a + magic) - magic;
}
inline F pow2(F n) {  // 2^n for whole n in -126 .. 127
  return (F)((__builtin_convertvector(n, I) + 127) << 23);
}
inline float sum(F v) { return (v[0] + v[2]) + (v[1] + v[3]); }
inline float max_of(F v) {
  const float a = v[0] > v[2] ? v[0] : v[2];
  const float b = v[1] > v[3] ? v[1] : v[3];
  return a > b ? a : b;
}

inline F load(const BFloat16* p) {
  uint16_t h[4];
  std::memcpy(h, p, sizeof h);
  return (F)(U{uint32_t{h[0]} << 16, uint32_t{h[1]} << 16, uint32_t{h[2]} << 16, uint32_t{h[3]} << 16});
}
inline F load(const Float16* p) { return F{p[0].to_float(), p[1].to_float(), p[2].to_float(), p[3].to_float()}; }
inline F load(const int8_t* p) {
  return F{static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2]), static_cast<float>(p[3])};
}
/// fp8 e4m3 times 2^-8 (the exponent bias of binary16 is 8 larger).
inline F load_f8(const uint8_t* p) {
  F v;
  for (int i = 0; i < 4; ++i) {
    v[i] = Float16{static_cast<uint16_t>(((p[i] & 0x80u) << 8) | ((p[i] & 0x7fu) << 7))}.to_float();
  }
  return v;
}
inline void store(BFloat16* p, F v) {
  for (int i = 0; i < 4; ++i) p[i] = BFloat16::from(v[i]);
}
inline void store(Float16* p, F v) {
  for (int i = 0; i < 4; ++i) p[i] = Float16::from(v[i]);
}
/// kWidth pairs of bf16: the first and the second of every pair.
inline void load_pairs(const BFloat16* p, F& even, F& odd) {
  U u;
  std::memcpy(&u, p, sizeof u);
  even = (F)(u << 16);
  odd = (F)(u & 0xffff0000u);
}

inline void transpose(F (&r)[kWidth]) {
  F t[kWidth];
  for (int i = 0; i < kWidth; ++i) {
    for (int j = 0; j < kWidth; ++j) t[i][j] = r[j][i];
  }
  for (int i = 0; i < kWidth; ++i) r[i] = t[i];
}

}  // namespace llava::cpu::plain
