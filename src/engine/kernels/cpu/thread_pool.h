#pragma once

// Worker threads of one engine. Own, not OpenMP: the count belongs to the engine, several engines in one process do not
// share or multiply their threads, and nothing has to be installed.

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace llava::cpu {

class ThreadPool {
 public:
  /// `threads` workers including the calling thread, at least 1.
  explicit ThreadPool(int threads);
  /// Waits for the workers.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// body(index, worker) for every index below count, each once, by any worker (0 = the caller) in any order; returns
  /// when all are done. The first exception is thrown again here. One caller at a time; never from inside a body.
  template <typename Body>
  void run(int64_t count, Body&& body) {
    if (count <= 0) return;
    if (count == 1 || workers_.empty()) {
      for (int64_t i = 0; i < count; ++i) body(i, 0);
      return;
    }
    using Plain = std::remove_reference_t<Body>;
    run_job({[](void* context, int64_t index, int worker) { (*static_cast<Plain*>(context))(index, worker); },
             const_cast<void*>(static_cast<const void*>(&body)), count});
  }

 private:
  struct Job {
    void (*call)(void* context, int64_t index, int worker) = nullptr;
    void* context = nullptr;
    int64_t count = 0;
  };
  void run_job(const Job& job);
  void work(int worker);
  void take(int worker);

  // gate_ = number of the job << 16 | closed bit | workers inside. A worker that comes late finds the gate closed and
  // nobody waits for it: on a crowded machine a sleeping worker does not hold up a job that is already done.
  static constexpr uint32_t kJobShift = 16;
  static constexpr uint32_t kClosed = 1u << 15;
  static constexpr uint32_t kInside = kClosed - 1;

  Job job_;  // written only while the gate is closed and nobody is inside
  std::atomic<uint32_t> gate_{kClosed};
  std::atomic<int64_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::vector<std::thread> workers_;
};

}  // namespace llava::cpu
