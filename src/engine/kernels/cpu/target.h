#pragma once

// Compiles what stands between BEGIN and END for more than the base instruction set (GCC and Clang).

#ifdef LLAVA_EMULATE_AVX512  // see test/engine/ops/emulate_avx512.h: portable code, no target
#define LLAVA_TARGET_BEGIN(features)
#define LLAVA_TARGET_END
#else
#define LLAVA_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define LLAVA_TARGET_BEGIN(features) \
  LLAVA_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define LLAVA_TARGET_END LLAVA_PRAGMA(clang attribute pop)
#else
#define LLAVA_TARGET_BEGIN(features) \
  LLAVA_PRAGMA(GCC push_options)     \
  LLAVA_PRAGMA(GCC target(features))
#define LLAVA_TARGET_END LLAVA_PRAGMA(GCC pop_options)
#endif
#endif  // LLAVA_EMULATE_AVX512
