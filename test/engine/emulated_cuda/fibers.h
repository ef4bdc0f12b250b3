#pragma once

// The threads of one block as fibers.

#include <cuda_runtime.h>

#include <cstddef>
#include <functional>

namespace llava::emulated {

/// Runs `body` once for every thread of one block, on the calling thread, until all have returned. `order` seeds the
/// order of the threads.
void run_block(const void* kernel, const std::function<void()>& body, dim3 block_index, dim3 block_size, dim3 grid_size,
               size_t shared_bytes, unsigned order);

}  // namespace llava::emulated
