#pragma once

// AVX-512 intrinsics in portable code (SIMDe, package libsimde-dev), so that the kernels of isa_avx512*.cc are tested on
// machines without AVX-512. Only for the build with LLAVA_EMULATE_AVX512=ON; never in the product.

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

inline __m512i emulated_cvtps_epi32(__m512 v) {
  float from[16];
  int32_t to[16];
  _mm512_storeu_ps(from, v);
  for (int i = 0; i < 16; ++i) to[i] = _mm_cvtss_si32(_mm_set_ss(from[i]));
  return _mm512_loadu_si512(to);
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
#undef _mm512_reduce_add_ps
#define _mm512_reduce_add_ps llava::cpu::emulated_reduce_add_ps
#undef _mm512_reduce_max_ps
#define _mm512_reduce_max_ps llava::cpu::emulated_reduce_max_ps
