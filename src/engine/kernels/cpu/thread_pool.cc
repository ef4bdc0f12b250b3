#include "kernels/cpu/thread_pool.h"

#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace llava::cpu {

namespace {

/// Looks this often before it sleeps: about 20 us. Layers follow each other within that time while a model runs; an
/// idle engine sleeps, and on a crowded machine the core is given back soon.
constexpr int kSpins = 500;

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

template <typename T>
void wait_while(const std::atomic<T>& value, T old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  workers_.reserve(static_cast<size_t>(threads > 1 ? threads - 1 : 0));
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
  stop_.store(true, std::memory_order_release);
  gate_.fetch_add(1u << kJobShift, std::memory_order_acq_rel);
  gate_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::take(int worker) {
  for (int64_t i = next_.fetch_add(1, std::memory_order_relaxed); i < job_.count;
       i = next_.fetch_add(1, std::memory_order_relaxed)) {
    try {
      job_.call(job_.context, i, worker);
    } catch (...) {
      const std::lock_guard lock(failure_mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }
}

void ThreadPool::run_job(const Job& job) {
  job_ = job;
  next_.store(0, std::memory_order_relaxed);
  const uint32_t number = (gate_.load(std::memory_order_relaxed) >> kJobShift) + 1;
  gate_.store(number << kJobShift, std::memory_order_release);
  gate_.notify_all();
  take(0);
  uint32_t gate = gate_.fetch_or(kClosed, std::memory_order_acq_rel) | kClosed;
  while ((gate & kInside) != 0) {
    wait_while(gate_, gate);
    gate = gate_.load(std::memory_order_acquire);
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::work(int worker) {
  uint32_t seen = 0;  // the last job this worker looked at
  uint32_t gate = gate_.load(std::memory_order_acquire);
  for (;;) {
    if (stop_.load(std::memory_order_acquire)) return;
    if ((gate & kClosed) != 0 || gate >> kJobShift == seen) {
      wait_while(gate_, gate);
      gate = gate_.load(std::memory_order_acquire);
      continue;
    }
    if (!gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
    seen = gate >> kJobShift;
    take(worker);
    gate = gate_.fetch_sub(1, std::memory_order_acq_rel) - 1;
    if ((gate & kClosed) != 0 && (gate & kInside) == 0) gate_.notify_all();
  }
}

}  // namespace llava::cpu
