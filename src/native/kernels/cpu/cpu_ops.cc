#include "kernels/backends.h"
#include "kernels/reference/reference_ops.h"

namespace llava {

std::unique_ptr<Ops> make_cpu_ops(const OpenOptions&) { return std::make_unique<ReferenceOps>(); }

}  // namespace llava
