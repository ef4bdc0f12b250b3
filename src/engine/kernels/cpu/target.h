#pragma once

// Compiles what stands between BEGIN and END for more than the base instruction set (GCC and Clang).

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

/// Whether the running machine has it, and the operating system saves its registers. `feature` is a literal.
#define LLAVA_TARGET_USABLE(feature) __builtin_cpu_supports(feature)
