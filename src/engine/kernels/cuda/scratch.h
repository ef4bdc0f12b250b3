#pragma once

// The device memory that ops work in, reserved once. Each op says in its own file how much it needs for given limits.

#include <cstddef>

#include "kernels/device.h"
#include "kernels/ops.h"

namespace llava::cuda {

/// Bytes that each op needs at most; 0 = none. Defined beside the op.
size_t linear_scratch_bytes(const Limits& limits);  // linear.cu: float32 results of cuBLASLt before an activation
size_t decode_attention_scratch_bytes(
    const Limits& limits);                          // decode_attention.cu: partial sums of every row, head and split
size_t logits_scratch_bytes(const Limits& limits);  // logits.cu
size_t sample_scratch_bytes(const Limits& limits);  // sample.cu

/// Ops run one after another on one queue, but a graph keeps addresses: every op has its own part, which never moves.
struct Scratch {
  Buffer linear;
  Buffer workspace;  // cuBLASLt's
  Buffer widened;    // rows of a one-byte weight for cuBLASLt
  Buffer decode_attention;
  Buffer logits;
  Buffer sample;
};

}  // namespace llava::cuda
