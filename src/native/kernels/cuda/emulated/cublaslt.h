#pragma once

#include <string>

#include "kernels/cuda/cublaslt_api.h"

namespace llava::cuda::emulated {

/// A stand-in for cuBLASLt on the emulated GPU: the same entry points, plain loops on the stream. By path:
///   "emulated"          its first algorithm keeps the promise of equal bits
///   "emulated:uneven"   the first sums in another order for more than 256 rows, the second keeps the promise
///   "emulated:broken"   none keeps it
/// False for any other path.
bool find_cublaslt(const std::string& path, CublasLtApi& api);

}  // namespace llava::cuda::emulated
