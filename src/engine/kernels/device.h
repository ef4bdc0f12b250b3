#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "support/tensor.h"

namespace llava {

class Device;

/// What a device is. Everything here that can change a bit of a result goes into the run's fingerprint.
struct DeviceInfo {
  std::string kind;         // "reference", "cpu", "cuda"
  std::string name;         // "AMD EPYC 9R14", "NVIDIA H200"
  std::string fingerprint;  // kind + what changes rounding: instruction set, GPU model, library version
  int32_t ordinal = 0;      // CUDA device number; 0 elsewhere
  int32_t threads = 0;      // CPU worker threads; 0 elsewhere
  size_t memory_total = 0;  // bytes
  size_t memory_free = 0;   // bytes, at the time of the call
};

/// Device memory that frees itself. The device outlives it. 64-byte aligned (CUDA: 256).
/// Movable; an empty one has data() == nullptr.
class Buffer {
 public:
  Buffer() = default;
  Buffer(void* data, size_t bytes, std::function<void(void*)> free) : data_(data, std::move(free)), bytes_(bytes) {}

  void* data() const { return data_.get(); }
  size_t bytes() const { return bytes_; }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_.get());
  }

 private:
  std::unique_ptr<void, std::function<void(void*)>> data_{nullptr, [](void*) {}};
  size_t bytes_ = 0;
};

/// A point in a queue. Made by Device::record; destroyed at any time.
class Event {
 public:
  virtual ~Event() = default;
};

/// Queues of a device. Work inside one queue runs in the order of its calls; between queues only events order it.
/// All ops of ops.h run on `compute`. On the CPU every queue is the calling thread and events are no-ops.
enum class Queue { compute, upload, download };

/// Memory, queues and graphs of one device. One thread at a time calls it: one loads, another (the engine thread) runs
/// and frees. Failures throw DeviceError / OutOfMemory; a CUDA error names the kernel, its shapes and the driver's
/// text.
class Device {
 public:
  Device() = default;
  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  virtual DeviceInfo info() const = 0;

  /// Device memory, contents unspecified (selftests poison it). Throws OutOfMemory.
  virtual Buffer allocate(size_t bytes) = 0;
  /// Host memory that the device can copy from and to asynchronously (pinned on CUDA).
  virtual Buffer allocate_host(size_t bytes) = 0;

  /// host -> device on `queue`. `source` is from allocate_host (else the call may block) and stays untouched until an
  /// event recorded afterwards has passed.
  virtual void upload(void* target, const void* source, size_t bytes, Queue queue = Queue::compute) = 0;
  /// device -> host on `queue`; readable after an event recorded afterwards has passed.
  virtual void download(void* target, const void* source, size_t bytes, Queue queue = Queue::compute) = 0;
  /// device -> device on the compute queue.
  virtual void copy(void* target, const void* source, size_t bytes) = 0;
  virtual void fill_zero(void* target, size_t bytes) = 0;

  /// Copies from another device of the same kind (pipeline stages; both may be the same GPU). Runs on this device's
  /// compute queue after everything that `source_device` had in its compute queue at the time of the call.
  virtual void copy_from(Device& source_device, void* target, const void* source, size_t bytes) = 0;

  virtual std::unique_ptr<Event> record(Queue queue) = 0;
  /// Later work in `queue` waits for the event, which may come from another device of the same kind; the host does not.
  virtual void wait(Queue queue, const Event& event) = 0;
  /// The host waits for the event.
  virtual void synchronize(const Event& event) = 0;
  virtual bool passed(const Event& event) = 0;
  /// The host waits for all queues; reports any asynchronous failure.
  virtual void synchronize() = 0;

  /// Runs `body`, which issues ops on the compute queue. Some call with a `key` may record them as a graph, later calls
  /// replay it without calling `body`. The caller promises: the same key means the same ops, shapes, scalars and
  /// addresses; only the contents of device memory differ. Keys are dropped by forget_graphs().
  virtual void replay(uint64_t key, const std::function<void()>& body) {
    (void)key;
    body();
  }
  virtual void forget_graphs() {}
  /// How many rows a step of `rows` rows is padded to before it is replayed, so that few recordings serve all.
  virtual int64_t replay_rows(int64_t rows) const { return rows; }
  struct Replays {
    int64_t recorded = 0;  // in all
    int64_t replayed = 0;  // calls served by a recording
    int64_t kept = 0;      // recordings that are there now
  };
  virtual Replays replays() const { return {}; }
};

}  // namespace llava
