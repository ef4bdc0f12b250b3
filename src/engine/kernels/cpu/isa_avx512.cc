// Kernels for AVX-512 (F, BW, DQ, VL). Everything below the pragma is compiled for that target and called only after
// features.h has seen it on the running machine; nothing above it is (no function of a header leaks into other code).

#if defined(__x86_64__)

#include <immintrin.h>

#include <type_traits>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/target.h"

#define LLAVA_ISA avx512
#define LLAVA_ISA_NAME "avx512"
#define LLAVA_ISA_DOT_BF16 0
#define LLAVA_ISA_AVX2 1

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false alarms inside GCC 12's own intrinsics (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

LLAVA_TARGET_BEGIN("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")

#include "kernels/cpu/simd/avx512.h"

namespace llava::cpu {
namespace avx512 {
// Each may use what stands in those before it.
// clang-format off
#include "kernels/cpu/isa/math.h"
#include "kernels/cpu/isa/gemm.h"
#include "kernels/cpu/isa/gemv.h"
#include "kernels/cpu/isa/rows.h"
#include "kernels/cpu/isa/attention.h"
#include "kernels/cpu/isa/logits.h"
#include "kernels/cpu/isa/resize.h"
#include "kernels/cpu/isa/table.h"
// clang-format on
}  // namespace avx512
}  // namespace llava::cpu

LLAVA_TARGET_END

namespace llava::cpu {
const Kernels& avx512_kernels() { return avx512::kTable; }
}  // namespace llava::cpu

#endif
