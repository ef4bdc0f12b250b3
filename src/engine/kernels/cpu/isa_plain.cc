// Kernels without any extension of the instruction set: the fall-back, and the second opinion of the selftests.

#include <type_traits>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/simd/plain.h"

#define LLAVA_ISA_NAME "plain"
#define LLAVA_ISA_DOT_BF16 0
#define LLAVA_ISA_AVX2 0

namespace llava::cpu {
namespace plain {
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
}  // namespace plain

const Kernels& plain_kernels() { return plain::kTable; }

}  // namespace llava::cpu
