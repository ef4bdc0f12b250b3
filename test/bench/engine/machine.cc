// What this machine can do at most: float32 multiply-adds in registers, and reading memory. Compiled for this very CPU
// by machine.ts.
//   machine THREADS  ->  one JSON line

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <thread>
#include <vector>

namespace {

#ifdef __AVX512F__
constexpr int kBytes = 64, kChains = 24;
#else
constexpr int kBytes = 32, kChains = 12;
#endif
typedef float Vector __attribute__((vector_size(kBytes), aligned(4)));
constexpr int kFloats = kBytes / 4;

volatile float sink;

/// `count` steps of kChains independent multiply-adds: enough to hide their latency, all in registers.
void multiply(int64_t count) {
  Vector chains[kChains];
  for (Vector& chain : chains) chain = Vector{} + 1.0f;
  const Vector factor = Vector{} + 0.9999f, term = Vector{} + 0.0001f;
  for (int64_t i = 0; i < count; ++i) {
#pragma GCC unroll 24
    for (int j = 0; j < kChains; ++j) chains[j] = chains[j] * factor + term;
  }
  Vector sum{};
  for (const Vector& chain : chains) sum += chain;
  sink = sum[0];
}

void read(const float* from, int64_t count) {
  Vector sums[8] = {};
  for (int64_t i = 0; i + 8 * kFloats <= count; i += 8 * kFloats) {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) sums[j] += *reinterpret_cast<const Vector*>(from + i + j * kFloats);
  }
  for (int j = 1; j < 8; ++j) sums[0] += sums[j];
  sink = sums[0][0];
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);  // exact; getrusage counts ticks
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Least wall and CPU seconds of body(thread) on all threads.
std::pair<double, double> best_of(int rounds, int threads, const std::function<void(int)>& body) {
  double wall = 1e30, cpu = 1e30;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const double before = cpu_seconds();
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back(body, i);
    for (std::thread& worker : workers) worker.join();
    wall = std::min(wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    cpu = std::min(cpu, cpu_seconds() - before);
  }
  return {wall, cpu};
}

}  // namespace

int main(int count, char** arguments) {
  const int threads = count > 1 ? std::atoi(arguments[1]) : 1;
  constexpr int64_t kSteps =
      60'000'000;  // a tenth of a second: the CPU clock counts in ticks, and just started cores are not at their best
  const auto [wall, cpu] = best_of(15, threads, [](int) { multiply(kSteps); });
  const double gigaflop = 2e-9 * kFloats * kChains * kSteps * threads;
  const int64_t floats = int64_t{512} << 18;  // 512 MiB
  const std::vector<float> memory(static_cast<size_t>(floats), 1.0f);
  const auto [read_wall, read_cpu] =
      best_of(12, threads, [&](int i) { read(memory.data() + floats / threads * i, floats / threads); });
  std::printf("{\"gflops\":%.1f,\"gflopsPerCpuSecond\":%.1f,\"gigabytes\":%.1f}\n", gigaflop / wall, gigaflop / cpu,
              4e-9 * static_cast<double>(floats) / read_wall);
  return 0;
}
