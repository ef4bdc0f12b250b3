#pragma once

// Sixteen floats in AVX-512 (F, BW, DQ, VL). Include after switching the target on; see ../isa_avx512.cc. The file is
// used twice, in namespaces avx512 and avx512bf16 (LLAVA_ISA): the second multiplies pairs of bf16 in hardware.

#include <immintrin.h>

#include <cstdint>

#include "support/dtype.h"

namespace llava::cpu::LLAVA_ISA {

inline constexpr int kWidth = 16;
inline constexpr int kRows = 12;  // 24 accumulators, 2 weights of 32 registers; broadcasts come from memory
inline constexpr int kVectors = 2;
inline constexpr int kDepth = LLAVA_ISA_DOT_BF16 ? 256 : 128;  // 16 KiB of weights in L1 either way
inline constexpr int kGemvRegisters = 24;
inline constexpr bool kDotBf16 = LLAVA_ISA_DOT_BF16;

using F = __m512;

inline F zero() { return _mm512_setzero_ps(); }
inline F set1(float x) { return _mm512_set1_ps(x); }
inline F load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, F v) { _mm512_storeu_ps(p, v); }
inline F add(F a, F b) { return _mm512_add_ps(a, b); }
inline F sub(F a, F b) { return _mm512_sub_ps(a, b); }
inline F mul(F a, F b) { return _mm512_mul_ps(a, b); }
inline F div(F a, F b) { return _mm512_div_ps(a, b); }
inline F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
inline F max(F a, F b) { return _mm512_max_ps(a, b); }  // b when either is NaN
inline F min(F a, F b) { return _mm512_min_ps(a, b); }  // b when either is NaN
inline __m512i bits(F a) { return _mm512_castps_si512(a); }
inline F abs(F a) { return _mm512_castsi512_ps(_mm512_and_si512(bits(a), _mm512_set1_epi32(0x7fffffff))); }
inline F sign_of(F magnitude, F sign) {
  const __m512i mask = _mm512_set1_epi32(0x7fffffff);
  return _mm512_castsi512_ps(
      _mm512_or_si512(_mm512_and_si512(mask, bits(magnitude)), _mm512_andnot_si512(mask, bits(sign))));
}
inline F select_less(F a, F b, F yes, F no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
inline F round(F a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
inline F pow2(F n) {  // 2^n for whole n in -126 .. 127
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23));
}
inline float sum(F v) { return _mm512_reduce_add_ps(v); }
inline float max_of(F v) { return _mm512_reduce_max_ps(v); }

inline F load(const BFloat16* p) {
  const __m256i h = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}
inline F load(const Float16* p) { return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))); }
inline F load(const int8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
/// fp8 e4m3 times 2^-8 (the exponent bias of binary16 is 8 larger).
inline F load_f8(const uint8_t* p) {
  const __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  const __m256i sign = _mm256_slli_epi16(_mm256_and_si256(b, _mm256_set1_epi16(0x80)), 8);
  const __m256i rest = _mm256_slli_epi16(_mm256_and_si256(b, _mm256_set1_epi16(0x7f)), 7);
  return _mm512_cvtph_ps(_mm256_or_si256(sign, rest));
}
inline void store(BFloat16* p, F v) {
  const __m512i u = bits(v);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
  __m512i r = _mm512_srli_epi32(_mm512_add_epi32(u, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
  const __m512i quiet = _mm512_or_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(0x40));
  r = _mm512_mask_mov_epi32(r, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), quiet);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(r));
}
inline void store(Float16* p, F v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
/// kWidth pairs of bf16: the first and the second of every pair.
inline void load_pairs(const BFloat16* p, F& even, F& odd) {
  const __m512i u = _mm512_loadu_si512(p);
  even = _mm512_castsi512_ps(_mm512_slli_epi32(u, 16));
  odd = _mm512_castsi512_ps(_mm512_and_si512(u, _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
}

#if LLAVA_ISA_DOT_BF16
/// acc + first products + second products of kWidth pairs of bf16; `pair` is broadcast.
inline F dot_pairs(F acc, const BFloat16* pair, const BFloat16* weights) {
  int32_t two;
  __builtin_memcpy(&two, pair, sizeof two);
  const __m512i w = _mm512_loadu_si512(weights);
  const __m512i x = _mm512_set1_epi32(two);
  return _mm512_dpbf16_ps(acc, reinterpret_cast<__m512bh>(x), reinterpret_cast<__m512bh>(w));
}
#endif

inline void transpose(F (&r)[kWidth]) {
  F t[16];
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  F s[16];  // s[4 i + j]: rows 4 i .. 4 i + 3 of columns j, j + 4, j + 8, j + 12
  for (int i = 0; i < 4; ++i) {
    s[4 * i + 0] = _mm512_shuffle_ps(t[4 * i + 0], t[4 * i + 2], 0x44);
    s[4 * i + 1] = _mm512_shuffle_ps(t[4 * i + 0], t[4 * i + 2], 0xee);
    s[4 * i + 2] = _mm512_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0x44);
    s[4 * i + 3] = _mm512_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0xee);
  }
  for (int j = 0; j < 4; ++j) {
    const F a = _mm512_shuffle_f32x4(s[j], s[j + 4], 0x44);       // columns j, j + 4 of rows 0 .. 7
    const F b = _mm512_shuffle_f32x4(s[j], s[j + 4], 0xee);       // columns j + 8, j + 12
    const F c = _mm512_shuffle_f32x4(s[j + 8], s[j + 12], 0x44);  // the same of rows 8 .. 15
    const F d = _mm512_shuffle_f32x4(s[j + 8], s[j + 12], 0xee);
    r[j] = _mm512_shuffle_f32x4(a, c, 0x88);
    r[j + 4] = _mm512_shuffle_f32x4(a, c, 0xdd);
    r[j + 8] = _mm512_shuffle_f32x4(b, d, 0x88);
    r[j + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
  }
}

}  // namespace llava::cpu::LLAVA_ISA
