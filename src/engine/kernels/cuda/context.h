#pragma once

// What every part of the CUDA back end shares: one GPU, its three queues, and the way kernels are launched and failures
// told.

#include <cuda_runtime.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <unordered_map>

#include "kernels/device.h"

namespace llava::cuda {

/// Throws DeviceError with the driver's words when `status` is a failure; `what` says what was being done.
void check(cudaError_t status, const char* what);

/// A kernel's name and the shapes it was launched with, for messages.
struct LaunchNote {
  const char* op = "";
  std::array<int64_t, 4> shape = {};
};

class Context {
 public:
  explicit Context(int32_t ordinal);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  int32_t ordinal() const { return ordinal_; }
  int32_t processors() const { return processors_; }
  size_t shared_limit() const { return shared_limit_; }  // bytes of dynamic shared memory that one block may have
  int32_t capability() const { return capability_; }     // 80, 89, 90, ...
  cudaStream_t stream(Queue queue) const { return streams_[static_cast<size_t>(queue)]; }

  /// Makes this GPU the calling thread's current one. Every entry of the back end begins with it.
  void enter() const;

  /// Launches on the compute queue. `shape` is what a reader needs to know where it failed: rows, columns and so on.
  /// An empty grid launches nothing.
  template <typename... P, typename... A>
  void launch(const char* op, std::initializer_list<int64_t> shape, void (*kernel)(P...), dim3 grid, dim3 block,
              size_t shared, A... arguments) {
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
    enter();
    note(op, shape);
    if (shared > 48 * 1024) allow_shared(reinterpret_cast<const void*>(kernel), shared);
    cudaLaunchConfig_t config = {};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared;
    config.stream = stream(Queue::compute);
    launched(cudaLaunchKernelEx(&config, kernel, static_cast<P>(arguments)...));
  }

  /// Throws DeviceError naming the kernels launched last: an asynchronous failure belongs to one of them.
  void check_work(cudaError_t status) const;

 private:
  void note(const char* op, std::initializer_list<int64_t> shape);
  void allow_shared(const void* kernel, size_t bytes);
  void launched(cudaError_t status) const;  // throws when the launch itself was refused

  int32_t ordinal_;
  int32_t processors_ = 0;
  int32_t capability_ = 0;
  size_t shared_limit_ = 0;
  std::array<cudaStream_t, 3> streams_ = {};
  std::unordered_map<const void*, size_t> shared_allowed_;
  std::array<LaunchNote, 8> notes_;  // a ring
  size_t launches_ = 0;
};

/// Blocks of `per` that cover `count`.
constexpr unsigned blocks_for(int64_t count, int64_t per) { return static_cast<unsigned>((count + per - 1) / per); }

}  // namespace llava::cuda
