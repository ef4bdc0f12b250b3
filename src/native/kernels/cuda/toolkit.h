#pragma once

// The CUDA runtime: the toolkit's, or, with LLAVA_CUDA_EMULATED, our own on the CPU (emulated/), which runs the same kernel sources
// thread by thread, so that machines without a GPU can test them.

#ifdef LLAVA_CUDA_EMULATED
#include "kernels/cuda/emulated/runtime.h"
#else
#include <cuda_runtime.h>

/// Names the dynamic shared memory of a kernel, 128-byte aligned.
#define LLAVA_DYNAMIC_SHARED(name) extern __shared__ __align__(128) unsigned char name[]
#endif
