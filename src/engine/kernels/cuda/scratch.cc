#include "kernels/cuda/scratch.h"

#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/cuda_ops.h"

namespace llava::cuda {

size_t CudaOps::scratch_bytes(const Limits& limits) const {
  // Whether weights will be widened is not known here: room for it is kept.
  const size_t library = cublaslt_ && limits.work != DType::f32 ? kWorkspaceBytes + cublaslt_->widened_limit() : 0;
  return library + linear_scratch_bytes(limits) + decode_attention_scratch_bytes(limits) +
         logits_scratch_bytes(limits) + sample_scratch_bytes(limits);
}

void CudaOps::reserve(const Limits& limits) {
  forget_graphs();
  const auto keep = [&](Buffer& part, size_t bytes) {
    if (part.bytes() < bytes) {
      part = Buffer();
      part = allocate(bytes);
    }
  };
  if (cublaslt_) cublaslt_->set_limits(limits);
  keep(scratch_.linear, linear_scratch_bytes(limits));
  keep(scratch_.decode_attention, decode_attention_scratch_bytes(limits));
  keep(scratch_.logits, logits_scratch_bytes(limits));
  keep(scratch_.sample, sample_scratch_bytes(limits));
}

}  // namespace llava::cuda
