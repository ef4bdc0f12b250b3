#include <cuda_runtime.h>

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "fibers.h"

// One mutex-free world: the engine thread is the only caller while a model runs (kernels/device.h).

struct EmulatedEvent {
  int device = 0;
  cudaStream_t stream = nullptr;  // of the last record
  uint64_t recorded = 0;          // number of that record
  uint64_t passed = 0;            // number of the last record that has happened
};

namespace {

struct Work {
  std::function<void()> run;
  EmulatedEvent* wait = nullptr;  // runs after this record of the event
  uint64_t wait_for = 0;
};

}  // namespace

struct EmulatedGraph {
  std::vector<std::function<void()>> work;
};

struct EmulatedStream {
  int device = 0;
  std::deque<Work> queue;
  std::unique_ptr<EmulatedGraph> capture;
};

namespace {

constexpr int kDevices = 2;
constexpr size_t kMemory = size_t{16} << 30;
constexpr size_t kPage = 4096;
constexpr size_t kAlign = 256;

struct Allocation {
  char* pages = nullptr;
  size_t mapped = 0;
  size_t bytes = 0;
  int device = -1;  // -1 = pinned host memory
};

struct World {
  int current = 0;
  size_t used[kDevices] = {};
  std::map<uintptr_t, Allocation> allocations;  // by address
  std::set<EmulatedStream*> streams;
  std::map<const void*, int> shared_allowed;
  cudaError_t last = cudaSuccess;
  unsigned launches = 0;

  static World& instance() {
    static World world;
    return world;
  }
};

[[noreturn]] void fail(const char* message) {
  std::fprintf(stderr, "emulated CUDA: %s\n", message);
  std::abort();
}

cudaError_t refuse(cudaError_t status) {
  World::instance().last = status;
  return status;
}

/// The allocation that [pointer, pointer + bytes) lies in, or nullptr.
const Allocation* find(const void* pointer, size_t bytes) {
  auto& all = World::instance().allocations;
  auto after = all.upper_bound(reinterpret_cast<uintptr_t>(pointer));
  if (after == all.begin()) return nullptr;
  --after;
  const uintptr_t first = reinterpret_cast<uintptr_t>(pointer);
  return first + bytes <= after->first + after->second.bytes ? &after->second : nullptr;
}

/// Memory that ends at a forbidden page; the bytes between its end and that page are watched.
void* allocate(size_t bytes, int device) {
  const size_t room = (bytes + kAlign - 1) / kAlign * kAlign;
  const size_t mapped = (room + kPage - 1) / kPage * kPage + kPage;
  char* pages = static_cast<char*>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (pages == MAP_FAILED) return nullptr;
  mprotect(pages + mapped - kPage, kPage, PROT_NONE);
  char* pointer = pages + mapped - kPage - room;
  std::memset(pointer, 0xff, room);
  World::instance().allocations[reinterpret_cast<uintptr_t>(pointer)] = {pages, mapped, bytes, device};
  return pointer;
}

void release(void* pointer) {
  World& world = World::instance();
  const auto found = world.allocations.find(reinterpret_cast<uintptr_t>(pointer));
  if (found == world.allocations.end()) fail("a pointer is freed that was not allocated");
  const Allocation allocation = found->second;
  const size_t room = (allocation.bytes + kAlign - 1) / kAlign * kAlign;
  for (size_t i = allocation.bytes; i < room; ++i) {
    if (static_cast<unsigned char*>(pointer)[i] != 0xff) fail("memory behind an allocation was written");
  }
  if (allocation.device >= 0) world.used[allocation.device] -= allocation.bytes;
  munmap(allocation.pages, allocation.mapped);
  world.allocations.erase(found);
}

void run_until(EmulatedStream& stream, const EmulatedEvent* event, uint64_t record);

void run_first(EmulatedStream& stream) {
  Work work = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (work.wait && work.wait->passed < work.wait_for) {
    if (!work.wait->stream) fail("a stream waits for an event that was never recorded");
    run_until(*work.wait->stream, work.wait, work.wait_for);
  }
  if (work.run) work.run();
}

void run_until(EmulatedStream& stream, const EmulatedEvent* event, uint64_t record) {
  while (event->passed < record) {
    if (stream.queue.empty()) fail("an event is waited for that can never pass");
    run_first(stream);
  }
}

void drain(EmulatedStream& stream) {
  if (stream.capture) fail("a stream is waited for while it is being captured");
  while (!stream.queue.empty()) run_first(stream);
}

void drain_device(int device) {
  for (EmulatedStream* stream : World::instance().streams) {
    if (stream->device == device) drain(*stream);
  }
}

cudaError_t enqueue(cudaStream_t stream, std::function<void()> run) {
  if (!stream || !World::instance().streams.contains(stream)) return refuse(cudaErrorInvalidResourceHandle);
  if (stream->capture) {
    stream->capture->work.push_back(std::move(run));
  } else {
    stream->queue.push_back({std::move(run), nullptr, 0});
  }
  return cudaSuccess;
}

}  // namespace

namespace llava::emulated {

cudaError_t enqueue_kernel(const cudaLaunchConfig_t& config, const void* kernel, std::function<void()> body) {
  World& world = World::instance();
  const dim3 grid = config.gridDim, block = config.blockDim;
  const size_t shared = config.dynamicSmemBytes;
  const unsigned threads = block.x * block.y * block.z;
  const auto allowed = world.shared_allowed.find(kernel);
  const size_t limit = allowed == world.shared_allowed.end() ? 48u << 10 : static_cast<size_t>(allowed->second);
  if (threads == 0 || threads > 1024 || block.z > 64 || grid.y > 65535 || grid.z > 65535 || grid.x > 0x7fffffffu ||
      shared > limit) {
    return refuse(cudaErrorInvalidConfiguration);
  }
  if (!config.stream || config.stream->device != world.current) return refuse(cudaErrorInvalidResourceHandle);
  return enqueue(config.stream, [=, body = std::move(body)] {
    const unsigned order = ++World::instance().launches;
    for (unsigned z = 0; z < grid.z; ++z) {
      for (unsigned y = 0; y < grid.y; ++y) {
        for (unsigned x = 0; x < grid.x; ++x) run_block(kernel, body, {x, y, z}, block, grid, shared, order + x);
      }
    }
  });
}

}  // namespace llava::emulated

/// EMULATED_CUDA_SHARED=101376 is a GPU whose blocks may have 99 KiB of shared memory, as sm_89 and sm_120 have it.
int shared_limit() {
  const char* given = std::getenv("EMULATED_CUDA_SHARED");
  return given ? std::atoi(given) : 227 << 10;
}

/// EMULATED_CUDA_DRIVER=12040 is a machine whose driver is for CUDA 12.4, 0 one without a driver.
int driver_version() {
  const char* given = std::getenv("EMULATED_CUDA_DRIVER");
  return given ? std::atoi(given) : CUDART_VERSION;
}

cudaError_t cudaGetDeviceCount(int* count) {
  if (driver_version() < CUDART_VERSION / 1000 * 1000) return refuse(cudaErrorInsufficientDriver);
  *count = kDevices;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= kDevices) return refuse(cudaErrorInvalidDevice);
  World::instance().current = device;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device < 0 || device >= kDevices) return refuse(cudaErrorInvalidDevice);
  std::snprintf(properties->name, sizeof properties->name, "emulated GPU");
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount: *value = 4; return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor: *value = 9; return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor: *value = 0; return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = shared_limit(); return cudaSuccess;
  }
  return refuse(cudaErrorInvalidValue);
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = driver_version();
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = kMemory;
  *free = kMemory - World::instance().used[World::instance().current];
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  World& world = World::instance();
  if (bytes > kMemory - world.used[world.current]) return refuse(cudaErrorMemoryAllocation);
  *pointer = allocate(bytes, world.current);
  if (!*pointer) return refuse(cudaErrorMemoryAllocation);
  world.used[world.current] += bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* pointer) {
  if (!pointer) return cudaSuccess;
  const Allocation* allocation = find(pointer, 0);
  if (allocation && allocation->device >= 0) drain_device(allocation->device);
  release(pointer);
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** pointer, size_t bytes, unsigned) {
  *pointer = allocate(bytes, -1);
  return *pointer ? cudaSuccess : refuse(cudaErrorMemoryAllocation);
}
cudaError_t cudaFreeHost(void* pointer) {
  if (!pointer) return cudaSuccess;
  for (int device = 0; device < kDevices; ++device) drain_device(device);
  release(pointer);
  return cudaSuccess;
}
cudaError_t cudaHostGetDevicePointer(void** device, void* host, unsigned) {
  if (!find(host, 0)) return refuse(cudaErrorInvalidValue);
  *device = host;
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* target, const void* source, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const Allocation* to = find(target, bytes);
  const Allocation* from = find(source, bytes);
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (kind != cudaMemcpyDefault &&
      ((to_device && (!to || to->device < 0)) || (from_device && (!from || from->device < 0)))) {
    return refuse(cudaErrorInvalidValue);
  }
  if (!to ||
      !from) {  // pageable memory: the driver may do it at once or wait; both must be right, and here it is at once
    if (!stream) return refuse(cudaErrorInvalidResourceHandle);
    drain(*stream);
    std::memcpy(target, source, bytes);
    return cudaSuccess;
  }
  return enqueue(stream, [=] { std::memmove(target, source, bytes); });
}
cudaError_t cudaMemcpyPeerAsync(void* target, int, const void* source, int, size_t bytes, cudaStream_t stream) {
  return cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToDevice, stream);
}
cudaError_t cudaMemsetAsync(void* target, int value, size_t bytes, cudaStream_t stream) {
  const Allocation* to = find(target, bytes);
  if (!to || to->device < 0) return refuse(cudaErrorInvalidValue);
  return enqueue(stream, [=] { std::memset(target, value, bytes); });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new EmulatedStream{World::instance().current, {}, nullptr};
  World::instance().streams.insert(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  drain(*stream);
  World::instance().streams.erase(stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  drain(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (stream->capture) return refuse(cudaErrorInvalidValue);  // nothing here captures events
  if (event->recorded > 0) stream->queue.push_back({nullptr, event, event->recorded});
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
  drain_device(World::instance().current);
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new EmulatedEvent{World::instance().current, nullptr, 0, 0};
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (event->stream && World::instance().streams.contains(event->stream))
    run_until(*event->stream, event, event->recorded);
  for (EmulatedStream* stream : World::instance().streams) {
    for (Work& work : stream->queue) {
      if (work.wait == event) work.wait = nullptr;
    }
  }
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (event->device != stream->device) return refuse(cudaErrorInvalidResourceHandle);
  event->stream = stream;
  const uint64_t number = ++event->recorded;
  return enqueue(stream, [=] { event->passed = number; });
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (event->recorded > 0) run_until(*event->stream, event, event->recorded);
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  if (event->passed < event->recorded) run_first(*event->stream);  // asking moves the world by one step
  return event->passed < event->recorded ? cudaErrorNotReady : cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (stream->capture) return refuse(cudaErrorInvalidValue);
  stream->capture = std::make_unique<EmulatedGraph>();
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  if (!stream->capture) return refuse(cudaErrorInvalidValue);
  *graph = stream->capture.release();
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new EmulatedGraph(*graph);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  for (const auto& work : executable->work) {
    if (const cudaError_t status = enqueue(stream, work)) return status;
  }
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}

cudaError_t cudaDeviceCanAccessPeer(int* can, int, int) {
  *can = 1;
  return cudaSuccess;
}
cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) { return cudaSuccess; }
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int value) {
  if (value > shared_limit()) return refuse(cudaErrorInvalidValue);
  World::instance().shared_allowed[kernel] = value;
  return cudaSuccess;
}
cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  return enqueue(stream, [=] { function(data); });
}
cudaError_t cudaGetLastError() {
  const cudaError_t status = World::instance().last;
  World::instance().last = cudaSuccess;
  return status;
}
const char* cudaGetErrorString(cudaError_t status) {
  switch (status) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    case cudaErrorInsufficientDriver: return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice: return "invalid device ordinal";
    case cudaErrorInvalidResourceHandle: return "invalid resource handle";
    case cudaErrorNotReady: return "device not ready";
    case cudaErrorPeerAccessAlreadyEnabled: return "peer access is already enabled";
  }
  return "unknown error";
}
const char* cudaGetErrorName(cudaError_t status) { return cudaGetErrorString(status); }
