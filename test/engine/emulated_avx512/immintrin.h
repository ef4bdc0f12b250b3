#pragma once

// Found before the compiler's own header of this name: AVX-512 intrinsics in portable code (SIMDe, package
// libsimde-dev), so that the kernels of isa_avx512*.cc are tested on machines without AVX-512.

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>

#include "support/dtype.h"

#ifndef _MM_FROUND_NO_EXC
#define _MM_FROUND_NO_EXC SIMDE_MM_FROUND_NO_EXC
#endif

namespace llava::cpu {

// What SIMDe 0.7.4 does not have.

template <typename To, typename From, typename Step>
inline auto emulated_map(const From& v, Step step) {
  const auto* from = reinterpret_cast<const decltype(step.from)*>(&v);
  To out;
  auto* to = reinterpret_cast<decltype(step.to)*>(&out);
  for (int i = 0; i < 16; ++i) to[i] = step(from[i]);
  return out;
}

template <typename A, typename B, auto Function>
struct EmulatedStep {
  A from;
  B to;
  B operator()(A value) const { return Function(value); }
};

inline __m512i emulated_cvtps_epi32(__m512 v) {
  return emulated_map<__m512i>(v,
                               EmulatedStep<float, int32_t, [](float x) { return _mm_cvtss_si32(_mm_set_ss(x)); }>{});
}
inline __m512 emulated_cvtepi32_ps(__m512i v) {
  return emulated_map<__m512>(v, EmulatedStep<int32_t, float, [](int32_t x) { return static_cast<float>(x); }>{});
}
inline __m256i emulated_cvtepi32_epi16(__m512i v) {
  return emulated_map<__m256i>(v,
                               EmulatedStep<int32_t, uint16_t, [](int32_t x) { return static_cast<uint16_t>(x); }>{});
}
inline __m512i emulated_cvtepi8_epi32(__m128i v) {
  return emulated_map<__m512i>(v, EmulatedStep<int8_t, int32_t, [](int8_t x) { return int32_t{x}; }>{});
}
inline __m512i emulated_cvtepu16_epi32(__m256i v) {
  return emulated_map<__m512i>(v, EmulatedStep<uint16_t, int32_t, [](uint16_t x) { return int32_t{x}; }>{});
}
inline __m512 emulated_cvtph_ps(__m256i v) {
  return emulated_map<__m512>(v, EmulatedStep<uint16_t, float, [](uint16_t x) { return Float16{x}.to_float(); }>{});
}
inline __m256i emulated_cvtps_ph(__m512 v, int) {
  return emulated_map<__m256i>(v, EmulatedStep<float, uint16_t, [](float x) { return Float16::from(x).bits; }>{});
}
inline __m512 emulated_shuffle_f32x4(__m512 a, __m512 b, int control) {
  float x[16], y[16], out[16];
  _mm512_storeu_ps(x, a);
  _mm512_storeu_ps(y, b);
  for (int lane = 0; lane < 4; ++lane) {
    const float* from = (lane < 2 ? x : y) + 4 * (control >> (2 * lane) & 3);
    for (int i = 0; i < 4; ++i) out[4 * lane + i] = from[i];
  }
  return _mm512_loadu_ps(out);
}

inline float emulated_reduce_add_ps(__m512 v) {
  float from[16];
  _mm512_storeu_ps(from, v);
  for (int width = 8; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) from[i] += from[i + width];
  }
  return from[0];
}

inline float emulated_reduce_max_ps(__m512 v) {
  float from[16];
  _mm512_storeu_ps(from, v);
  for (int i = 1; i < 16; ++i) from[0] = from[i] > from[0] ? from[i] : from[0];
  return from[0];
}

/// acc + x0 * w0, then + x1 * w1 per lane, rounded to nearest after each step; subnormals as zero. The hardware's order
/// inside a pair is its own business; tests compare with the oracle's tolerance.
inline __m512 emulated_dpbf16(__m512 acc, __m512i x, __m512i w) {
  float sums[16];
  uint32_t xs[16], ws[16];
  _mm512_storeu_ps(sums, acc);
  __builtin_memcpy(xs, &x, sizeof xs);
  __builtin_memcpy(ws, &w, sizeof ws);
  for (int i = 0; i < 16; ++i) {
    const auto value = [](uint32_t bits) { return BFloat16{static_cast<uint16_t>(bits)}.to_float(); };
    sums[i] += value(xs[i] >> 16) * value(ws[i] >> 16);
    sums[i] += value(xs[i]) * value(ws[i]);
  }
  return _mm512_loadu_ps(sums);
}

}  // namespace llava::cpu

#undef _mm512_cvtps_epi32
#define _mm512_cvtps_epi32 llava::cpu::emulated_cvtps_epi32
#undef _mm512_cvtepi32_ps
#define _mm512_cvtepi32_ps llava::cpu::emulated_cvtepi32_ps
#undef _mm512_cvtepi32_epi16
#define _mm512_cvtepi32_epi16 llava::cpu::emulated_cvtepi32_epi16
#undef _mm512_cvtepi8_epi32
#define _mm512_cvtepi8_epi32 llava::cpu::emulated_cvtepi8_epi32
#undef _mm512_cvtepu16_epi32
#define _mm512_cvtepu16_epi32 llava::cpu::emulated_cvtepu16_epi32
#undef _mm512_cvtph_ps
#define _mm512_cvtph_ps llava::cpu::emulated_cvtph_ps
#undef _mm512_cvtps_ph
#define _mm512_cvtps_ph llava::cpu::emulated_cvtps_ph
#undef _mm512_shuffle_f32x4
#define _mm512_shuffle_f32x4 llava::cpu::emulated_shuffle_f32x4
#undef _mm512_reduce_add_ps
#define _mm512_reduce_add_ps llava::cpu::emulated_reduce_add_ps
#undef _mm512_reduce_max_ps
#define _mm512_reduce_max_ps llava::cpu::emulated_reduce_max_ps
#undef _mm512_dpbf16_ps
#define _mm512_dpbf16_ps llava::cpu::emulated_dpbf16
#define __m512bh __m512i
