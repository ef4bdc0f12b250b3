#pragma once

// A small CUDA on the CPU, for tests on machines without a GPU: the part of the language and of the runtime that
// kernels/cuda uses. It is made to find mistakes, not to be fast:
//   - every CUDA thread is a fiber; the order in which the threads of a block run changes from launch to launch;
//   - barriers and warp collectives that not every thread reaches end the program with a message;
//   - cp.async copies happen when they are waited for; streams do nothing until somebody waits for them, and then no
//     more than needed;
//   - device memory begins as NaN and ends at a page that may not be touched; pageable memory never takes part in
//     asynchronous copies.
// Blocks run one after another on the thread that waits.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)

// ------------------------------------------------------------------------------------------------------ types

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3() = default;
  constexpr dim3(unsigned x_, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

// ------------------------------------------------------------------------------------------------- the emulator

namespace llava::emulated {

/// Ends the program with `message` and the running kernel when `holds` is false.
void expect(bool holds, const char* message);

void block_barrier();

/// Every lane of `mask` comes here with its contribution; the last one runs `combine` on all of them (null outside the
/// mask).
void collective_of(const char* what, unsigned mask, void* mine, void (*combine)(void* const* lanes));
template <typename T, typename Combine>
void collective(const char* what, unsigned mask, T* mine, Combine combine) {
  collective_of(what, mask, mine, static_cast<void (*)(void* const*)>(combine));
}

void start_copy(void* shared, const void* global);  // 16 bytes; null = zeros
void commit_copies();
void wait_copies(int pending);

unsigned char* dynamic_shared();

}  // namespace llava::emulated

/// Of the CUDA thread that is running on this host thread.
inline thread_local constinit dim3 threadIdx, blockIdx, blockDim, gridDim;

inline void __syncthreads() { ::llava::emulated::block_barrier(); }

// --------------------------------------------------------------------------------------------------- intrinsics

namespace llava::emulated {

template <typename T>
struct Shuffle {
  T in;
  T out;
  int from;  // lane of the warp
};

template <typename T>
T shuffle(unsigned mask, T value, int from) {
  Shuffle<T> mine{value, value, from};
  collective("shfl", mask, &mine, [](void* const* lanes) {
    for (int lane = 0; lane < 32; ++lane) {
      if (!lanes[lane]) continue;
      auto& one = *static_cast<Shuffle<T>*>(lanes[lane]);
      const int source = one.from < 0 || one.from > 31 ? lane : one.from;
      expect(lanes[source] != nullptr, "shfl: reads from a lane outside the mask");
      one.out = static_cast<Shuffle<T>*>(lanes[source])->in;
    }
  });
  return mine.out;
}

inline int lane() {
  return static_cast<int>((threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32);
}

}  // namespace llava::emulated

inline void __syncwarp(unsigned mask = 0xffffffffu) {
  int nothing = 0;
  ::llava::emulated::collective("syncwarp", mask, &nothing, [](void* const*) {});
}
// With a width, lanes form segments of that many, as in the programming guide; a source outside the segment gives the
// own value back.
template <typename T>
T __shfl_sync(unsigned mask, T value, int from, int width = 32) {
  const int first = ::llava::emulated::lane() / width * width;
  return ::llava::emulated::shuffle(mask, value, first + ((from % width) + width) % width);
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
  const int lane = ::llava::emulated::lane(), from = lane ^ bits;
  return ::llava::emulated::shuffle(mask, value, from < lane / width * width + width ? from : -1);
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32) {
  const int lane = ::llava::emulated::lane(), from = lane + static_cast<int>(by);
  return ::llava::emulated::shuffle(mask, value, from < lane / width * width + width ? from : -1);
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32) {
  const int lane = ::llava::emulated::lane(), from = lane - static_cast<int>(by);
  return ::llava::emulated::shuffle(mask, value, from >= lane / width * width ? from : -1);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  struct Vote {
    int predicate;
    unsigned result;
  } mine{predicate, 0};
  ::llava::emulated::collective("ballot", mask, &mine, [](void* const* lanes) {
    unsigned result = 0;
    for (int lane = 0; lane < 32; ++lane) {
      if (lanes[lane] && static_cast<Vote*>(lanes[lane])->predicate) result |= 1u << lane;
    }
    for (int lane = 0; lane < 32; ++lane) {
      if (lanes[lane]) static_cast<Vote*>(lanes[lane])->result = result;
    }
  });
  return mine.result;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) == mask; }

template <typename T>
T atomicAdd(T* address, T value) {
  const T old = *address;
  *address = old + value;
  return old;
}
template <typename T>
T atomicMax(T* address, T value) {
  const T old = *address;
  if (value > old) *address = value;
  return old;
}
template <typename T>
T atomicMin(T* address, T value) {
  const T old = *address;
  if (value < old) *address = value;
  return old;
}
template <typename T>
T atomicOr(T* address, T value) {
  const T old = *address;
  *address = old | value;
  return old;
}

template <typename T>
T __ldg(const T* address) {
  return *address;
}
inline float __uint_as_float(uint32_t x) {
  float y;
  std::memcpy(&y, &x, 4);
  return y;
}
inline uint32_t __float_as_uint(float x) {
  uint32_t y;
  std::memcpy(&y, &x, 4);
  return y;
}
inline float __int_as_float(int32_t x) { return __uint_as_float(static_cast<uint32_t>(x)); }
inline int32_t __float_as_int(float x) { return static_cast<int32_t>(__float_as_uint(x)); }
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __fsub_rn(float x, float y) { return x - y; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fsqrt_rn(float x) { return std::sqrt(x); }
inline float __fmaf_rn(float x, float y, float z) { return std::fma(x, y, z); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }
using std::isnan;
template <typename T>
T min(T x, T y) {
  return y < x ? y : x;
}
template <typename T>
T max(T x, T y) {
  return x < y ? y : x;
}

// ------------------------------------------------------------------------------------------------------ runtime

#define CUDART_VERSION 13000

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorNotReady = 600,
  cudaErrorPeerAccessAlreadyEnabled = 704,
};
enum cudaMemcpyKind {
  cudaMemcpyHostToHost,
  cudaMemcpyHostToDevice,
  cudaMemcpyDeviceToHost,
  cudaMemcpyDeviceToDevice,
  cudaMemcpyDefault
};
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76,
  cudaDevAttrMaxSharedMemoryPerBlockOptin = 97,
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
enum cudaStreamCaptureMode {
  cudaStreamCaptureModeGlobal,
  cudaStreamCaptureModeThreadLocal,
  cudaStreamCaptureModeRelaxed
};
inline constexpr unsigned cudaStreamNonBlocking = 1;
inline constexpr unsigned cudaEventDisableTiming = 2;
inline constexpr unsigned cudaHostAllocDefault = 0;
inline constexpr unsigned cudaHostAllocPortable = 1;
inline constexpr unsigned cudaHostAllocMapped = 2;

using cudaStream_t = struct EmulatedStream*;
using cudaEvent_t = struct EmulatedEvent*;
using cudaGraph_t = struct EmulatedGraph*;
using cudaGraphExec_t = struct EmulatedGraph*;
struct cudaDeviceProp {
  char name[256];
};
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};
using cudaHostFn_t = void (*)(void*);

cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
cudaError_t cudaMalloc(void** pointer, size_t bytes);
cudaError_t cudaFree(void* pointer);
cudaError_t cudaHostAlloc(void** pointer, size_t bytes, unsigned flags);
cudaError_t cudaFreeHost(void* pointer);
cudaError_t cudaHostGetDevicePointer(void** device, void* host, unsigned flags);
cudaError_t cudaMemcpyAsync(void* target, const void* source, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemcpyPeerAsync(void* target, int target_device, const void* source, int source_device, size_t bytes,
                                cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* target, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
cudaError_t cudaDeviceSynchronize();
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventQuery(cudaEvent_t event);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);
cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer);
cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags);
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value);
/// Visible to libraries that are opened at run time (cublaslt.cc).
[[gnu::visibility("default")]] cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data);
cudaError_t cudaGetLastError();
const char* cudaGetErrorString(cudaError_t status);
const char* cudaGetErrorName(cudaError_t status);

namespace llava::emulated {

cudaError_t enqueue_kernel(const cudaLaunchConfig_t& config, const void* kernel, std::function<void()> body);

}  // namespace llava::emulated

/// The arguments are copied now, the work happens later.
template <typename... P, typename... A>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(P...), A&&... arguments) {
  return ::llava::emulated::enqueue_kernel(*config, reinterpret_cast<const void*>(kernel),
                                           [kernel, ... values = static_cast<P>(arguments)] { kernel(values...); });
}
