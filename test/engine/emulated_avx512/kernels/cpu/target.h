#pragma once

// Found before the engine's own: no target is switched on, and AVX-512 is always there, in portable code.

#include <string_view>

#define LLAVA_TARGET_BEGIN(features)
#define LLAVA_TARGET_END
#define LLAVA_TARGET_USABLE(feature) \
  (std::string_view(feature).starts_with("avx512") || __builtin_cpu_supports(feature))
