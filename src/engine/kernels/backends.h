#pragma once

// The back ends in this build, by name. The only place that knows all of them.

#include <memory>
#include <string>
#include <vector>

#include "kernels/ops.h"

namespace llava {

struct OpenOptions {
  int32_t threads = 0;        // CPU worker threads; 0 = one per usable core
  std::string instructions;   // CPU: "" = best of the machine, or "avx512bf16", "avx512", "avx2", "plain" (tests)
  std::string cublaslt_path;  // CUDA: "" = search
  // CUDA: what one-byte weights are widened into for cuBLASLt. 4,096 columns of a 72B model: a wave of tiles at 1,024
  // rows.
  size_t widened_bytes = size_t{64} << 20;
};

/// Devices this machine can use now: always "cpu" and "reference"; "cuda:N" when the build and a driver have them.
std::vector<DeviceInfo> list_devices();

/// Opens "cpu", "reference", "cuda" (= "cuda:0") or "cuda:N". Throws Error with what is missing.
/// Two calls with the same CUDA device give two independent Ops on it (pipeline stages in tests).
std::unique_ptr<Ops> open_device(const std::string& name, const OpenOptions& options = {});

// Factories of the back ends; open_device calls them.
std::unique_ptr<Ops> make_reference_ops();
std::unique_ptr<Ops> make_cpu_ops(const OpenOptions& options);  // kernels/cpu/
#ifdef LLAVA_CUDA
/// kernels/cuda/. What the driver says, without touching the devices: a context on each would take their memory.
struct CudaPresence {
  int32_t devices = 0;
  std::string problem;  // why there are none; empty when the driver answers
};
CudaPresence find_cuda();
/// Version and place of the cuBLASLt that an engine would open; empty when there is none.
std::string find_cublaslt();
std::vector<DeviceInfo> list_cuda_devices();
std::unique_ptr<Ops> make_cuda_ops(int32_t ordinal, const OpenOptions& options);  // kernels/cuda/
#endif

}  // namespace llava
