// The device half of the back end: memory, queues, events, graphs. No kernels.

#include <algorithm>
#include <bit>
#include <cstdio>

#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/staging.h"
#include "support/error.h"

namespace llava {

namespace cuda {

namespace {

class CudaEvent final : public Event {
 public:
  explicit CudaEvent(const Context& context) : ordinal_(context.ordinal()) {
    context.enter();
    check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "creating an event");
  }
  ~CudaEvent() override {
    (void)cudaSetDevice(ordinal_);
    (void)cudaEventDestroy(event_);
  }
  cudaEvent_t get() const { return event_; }

 private:
  int32_t ordinal_;
  cudaEvent_t event_ = nullptr;
};

cudaEvent_t event_of(const Event& event) { return static_cast<const CudaEvent&>(event).get(); }

// A recording costs the host as much as about twenty steps win by it, and memory of the driver. So at most one step in
// twenty is a recording, whatever the workload, and the executables of a long run are few.
constexpr int64_t kCallsBeforeRecording = 20;
constexpr int64_t kMostGraphs = 16;

std::string megabytes(size_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

/// Work recorded once, replayed with one call.
struct CudaOps::Graph {
  explicit Graph(cudaGraphExec_t made) : executable(made) {}
  ~Graph() { (void)cudaGraphExecDestroy(executable); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  cudaGraphExec_t executable;
};

CudaOps::Recording::Recording() = default;
CudaOps::Recording::~Recording() = default;

CudaOps::CudaOps(int32_t ordinal, const OpenOptions& options) : context_(ordinal), cublaslt_(CublasLt::open(options)) {}

CudaOps::~CudaOps() {
  (void)cudaSetDevice(context_.ordinal());
  (void)cudaDeviceSynchronize();  // nothing may still read what is freed now
}

DeviceInfo CudaOps::info() const {
  context_.enter();
  cudaDeviceProp properties = {};
  check(cudaGetDeviceProperties(&properties, context_.ordinal()), "reading the device's name");
  DeviceInfo info;
  info.kind = "cuda";
  info.name = properties.name;
  info.ordinal = context_.ordinal();
  // What changes rounding: our kernels by architecture; cuBLASLt by GPU, version and what was settled.
  info.fingerprint = "cuda " + info.name + " sm_" + std::to_string(context_.capability()) + " " +
                     (cublaslt_ ? cublaslt_->text() : "own products");
  check(cudaMemGetInfo(&info.memory_free, &info.memory_total), "reading the free memory");
  return info;
}

Buffer CudaOps::allocate(size_t bytes) {
  if (bytes == 0) return {};
  context_.enter();
  void* pointer = nullptr;
  const cudaError_t status = cudaMalloc(&pointer, bytes);
  if (status == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    size_t free = 0;
    size_t total = 0;
    (void)cudaMemGetInfo(&free, &total);
    throw OutOfMemory("CUDA device " + std::to_string(context_.ordinal()) + " has no room for " + megabytes(bytes) +
                          " (free " + megabytes(free) + " of " + megabytes(total) + ")",
                      bytes, free);
  }
  check(status, "allocating device memory");
  return {pointer, bytes, [ordinal = context_.ordinal()](void* p) {
            (void)cudaSetDevice(ordinal);
            (void)cudaFree(p);
          }};
}

Buffer CudaOps::allocate_host(size_t bytes) {
  if (bytes == 0) return {};
  context_.enter();
  void* pointer = nullptr;
  const cudaError_t status = cudaHostAlloc(&pointer, bytes, cudaHostAllocPortable | cudaHostAllocMapped);
  if (status == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    throw OutOfMemory("the host has no room for " + megabytes(bytes) + " of pinned memory", bytes, 0);
  }
  check(status, "allocating pinned memory");
  return {pointer, bytes, [](void* p) { (void)cudaFreeHost(p); }};
}

void CudaOps::upload(void* target, const void* source, size_t bytes, Queue queue) {
  if (bytes == 0) return;
  context_.enter();
  context_.check_work(cudaMemcpyAsync(target, source, bytes, cudaMemcpyHostToDevice, context_.stream(queue)));
}

void CudaOps::download(void* target, const void* source, size_t bytes, Queue queue) {
  if (bytes == 0) return;
  context_.enter();
  context_.check_work(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToHost, context_.stream(queue)));
}

void CudaOps::copy(void* target, const void* source, size_t bytes) {
  if (bytes == 0) return;
  context_.enter();
  context_.check_work(
      cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToDevice, context_.stream(Queue::compute)));
}

void CudaOps::fill_zero(void* target, size_t bytes) {
  if (bytes == 0) return;
  context_.enter();
  context_.check_work(cudaMemsetAsync(target, 0, bytes, context_.stream(Queue::compute)));
}

void CudaOps::copy_from(Device& source_device, void* target, const void* source, size_t bytes) {
  if (bytes == 0) return;
  auto& other = static_cast<CudaOps&>(source_device);
  const std::unique_ptr<Event> ready = other.record(Queue::compute);
  wait(Queue::compute, *ready);
  context_.enter();
  allow_peer(other.context_.ordinal());
  const cudaStream_t stream = context_.stream(Queue::compute);
  context_.check_work(
      other.context_.ordinal() == context_.ordinal()
          ? cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToDevice, stream)
          : cudaMemcpyPeerAsync(target, context_.ordinal(), source, other.context_.ordinal(), bytes, stream));
}

/// Copies between GPUs that can see each other's memory do not go through the host once the current one may look.
void CudaOps::allow_peer(int32_t peer) {
  if (peer == context_.ordinal() || !peers_.insert(peer).second) return;
  int can = 0;
  check(cudaDeviceCanAccessPeer(&can, context_.ordinal(), peer), "asking for peer access");
  if (can == 0) return;
  const cudaError_t status = cudaDeviceEnablePeerAccess(peer, 0);
  if (status == cudaErrorPeerAccessAlreadyEnabled) (void)cudaGetLastError();  // another stage on this GPU did it
  else check(status, "enabling peer access");
}

std::unique_ptr<Event> CudaOps::record(Queue queue) {
  auto event = std::make_unique<CudaEvent>(context_);
  context_.check_work(cudaEventRecord(event->get(), context_.stream(queue)));
  return event;
}

void CudaOps::wait(Queue queue, const Event& event) {
  context_.enter();
  context_.check_work(cudaStreamWaitEvent(context_.stream(queue), event_of(event), 0));
}

void CudaOps::synchronize(const Event& event) {
  context_.enter();
  context_.check_work(cudaEventSynchronize(event_of(event)));
}

bool CudaOps::passed(const Event& event) {
  context_.enter();
  const cudaError_t status = cudaEventQuery(event_of(event));
  if (status == cudaErrorNotReady) {
    (void)cudaGetLastError();
    return false;
  }
  context_.check_work(status);
  return true;
}

void CudaOps::synchronize() {
  context_.enter();
  for (const Queue queue : {Queue::upload, Queue::compute, Queue::download})
    context_.check_work(cudaStreamSynchronize(context_.stream(queue)));
}

int64_t CudaOps::replay_rows(int64_t rows) const {
  return rows <= 8 ? static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(rows))) : (rows + 7) / 8 * 8;
}

void CudaOps::replay(uint64_t key, const std::function<void()>& body) {
  Recording& entry = recordings_[key];
  entry.used = ++replay_calls_;
  if (!entry.graph && ++entry.calls < kCallsBeforeRecording) return body();
  if (!entry.graph) {
    if (replays_.kept == kMostGraphs) drop_oldest_graph();
    entry.graph = record_graph(body);
    ++replays_.recorded;
    ++replays_.kept;
  } else {
    ++replays_.replayed;
  }
  context_.enter();
  context_.check_work(cudaGraphLaunch(entry.graph->executable, context_.stream(Queue::compute)));
}

std::unique_ptr<CudaOps::Graph> CudaOps::record_graph(const std::function<void()>& body) {
  context_.enter();
  const cudaStream_t stream = context_.stream(Queue::compute);
  cudaGraph_t recorded = nullptr;
  // Relaxed: the body may be the first to launch a kernel on this device, which loads it; stricter modes refuse that.
  context_.check_work(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
  try {
    body();
  } catch (...) {
    (void)cudaStreamEndCapture(stream, &recorded);
    if (recorded) (void)cudaGraphDestroy(recorded);
    (void)cudaGetLastError();
    throw;
  }
  context_.enter();
  context_.check_work(cudaStreamEndCapture(stream, &recorded));
  cudaGraphExec_t executable = nullptr;
  const cudaError_t status = cudaGraphInstantiate(&executable, recorded, 0);
  (void)cudaGraphDestroy(recorded);
  context_.check_work(status);
  return std::make_unique<Graph>(executable);
}

/// A key that comes back after this begins to count anew.
void CudaOps::drop_oldest_graph() {
  auto oldest = recordings_.end();
  for (auto it = recordings_.begin(); it != recordings_.end(); ++it) {
    if (it->second.graph && (oldest == recordings_.end() || it->second.used < oldest->second.used)) oldest = it;
  }
  recordings_.erase(oldest);
  --replays_.kept;
}

void CudaOps::forget_graphs() {
  recordings_.clear();
  replays_.kept = 0;
}

}  // namespace cuda

CudaPresence find_cuda() {
  CudaPresence found;
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess) driver = 0;
  const cudaError_t status = cudaGetDeviceCount(&found.devices);
  if (status == cudaSuccess) return found;
  (void)cudaGetLastError();
  found.devices = 0;
  const auto version = [](int v) { return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10); };
  // The first driver of each CUDA version (CUDA Compatibility, "minor version compatibility"): later ones serve, too.
  constexpr int kNeeded = CUDART_VERSION / 1000 >= 13 ? 580 : 525;
  found.problem = cudaGetErrorString(status);
  found.problem += driver == 0 ? "; there is no NVIDIA driver" : "; the driver is for CUDA " + version(driver);
  found.problem += ", this build needs driver " + std::to_string(kNeeded) + " or newer (CUDA " +
                   std::to_string(CUDART_VERSION / 1000) + ")";
  return found;
}

std::vector<DeviceInfo> list_cuda_devices() {
  std::vector<DeviceInfo> devices;
  const int32_t count = find_cuda().devices;
  for (int32_t ordinal = 0; ordinal < count; ++ordinal) {
    cudaDeviceProp properties = {};
    if (cudaGetDeviceProperties(&properties, ordinal) != cudaSuccess) continue;
    DeviceInfo info;
    info.kind = "cuda";
    info.name = properties.name;
    info.ordinal = ordinal;
    if (cudaSetDevice(ordinal) != cudaSuccess || cudaMemGetInfo(&info.memory_free, &info.memory_total) != cudaSuccess)
      (void)cudaGetLastError();
    devices.push_back(std::move(info));
  }
  return devices;
}

std::unique_ptr<Ops> make_cuda_ops(int32_t ordinal, const OpenOptions& options) {
  return std::make_unique<cuda::CudaOps>(ordinal, options);
}

}  // namespace llava
