// Products of prefill and decode shapes: the engine's kernels beside OpenBLAS (float32) and oneDNN (float32, bfloat16),
// same threads, same numbers, outputs compared. Built and run by ../engine.ts; the product never links these libraries.
//   products THREADS ROUNDS  ->  one JSON line per shape and type

#include <cblas.h>
#include <dnnl.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "kernels/backends.h"

extern "C" void openblas_set_num_threads(int);

namespace {

using llava::DType;

struct Seconds {
  double wall = 1e30;
  double cpu = 1e30;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);  // exact; getrusage counts ticks
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

Seconds once(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  const double before = cpu_seconds();
  body();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), cpu_seconds() - before};
}

/// One way of computing out = x w^T.
struct Contender {
  std::string name;
  std::function<void()> run;
  std::function<float(size_t)> output;  // element i
  std::function<bool()> invariant;      // is row 0 alone equal, bit for bit, to row 0 of the whole?
  Seconds best;
};

/// Rows of the oracle's result, in double.
std::vector<double> exact_row(const std::vector<float>& x, const std::vector<float>& w, int64_t row, int64_t n,
                              int64_t k) {
  std::vector<double> out(static_cast<size_t>(n));
  for (int64_t j = 0; j < n; ++j) {
    double sum = 0.0;
    for (int64_t c = 0; c < k; ++c) {
      sum += static_cast<double>(x[static_cast<size_t>(row * k + c)]) *
             static_cast<double>(w[static_cast<size_t>(j * k + c)]);
    }
    out[static_cast<size_t>(j)] = sum;
  }
  return out;
}

std::vector<char> stored(const std::vector<float>& values, DType type) {
  std::vector<char> out(values.size() * llava::size_of(type));
  for (size_t i = 0; i < values.size(); ++i) llava::store_float(out.data(), type, static_cast<int64_t>(i), values[i]);
  return out;
}

/// oneDNN's product with weights in the layout it likes, made once.
class OneDnn {
 public:
  OneDnn(int64_t m, int64_t n, int64_t k, DType type, const std::vector<char>& x, const std::vector<char>& w)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    using Memory = dnnl::memory;
    const auto dtype = type == DType::bf16 ? Memory::data_type::bf16 : Memory::data_type::f32;
    const Memory::desc a({m, k}, dtype, Memory::format_tag::ab);
    const Memory::desc any({k, n}, dtype, Memory::format_tag::any);
    const Memory::desc c({m, n}, Memory::data_type::f32, Memory::format_tag::ab);
    const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a, any, c), engine_);
    implementation = description.impl_info_str();
    Memory given(Memory::desc({k, n}, dtype, Memory::format_tag::ba), engine_, const_cast<char*>(w.data()));
    weights_ = Memory(description.weights_desc(), engine_);
    dnnl::reorder(given, weights_).execute(stream_, given, weights_);
    out.resize(static_cast<size_t>(m * n));
    x_ = Memory(a, engine_, const_cast<char*>(x.data()));
    out_ = Memory(c, engine_, out.data());
    matmul_ = dnnl::matmul(description);
    stream_.wait();
  }
  void run() {
    matmul_.execute(stream_, {{DNNL_ARG_SRC, x_}, {DNNL_ARG_WEIGHTS, weights_}, {DNNL_ARG_DST, out_}});
    stream_.wait();
  }
  std::vector<float> out;
  std::string implementation;

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::memory x_, weights_, out_;
  dnnl::matmul matmul_;
};

void compare(llava::Ops& ops, int64_t m, int64_t n, int64_t k, DType type, int rounds) {
  std::vector<float> x(static_cast<size_t>(m * k)), w(static_cast<size_t>(n * k));
  uint32_t state = 1;
  const auto fill = [&](std::vector<float>& values) {
    for (float& value : values) {
      state = state * 1664525u + 1013904223u;
      value = llava::round_to(type, (static_cast<float>(state >> 8) * 0x1p-24f - 0.5f));
    }
  };
  fill(x);
  fill(w);
  const std::vector<char> x_bytes = stored(x, type), w_bytes = stored(w, type);

  std::vector<Contender> contenders;
  const llava::HostTensor tensor{"w", w_bytes.data(), type, {n, k}};
  const auto linear = ops.load_linear({std::span(&tensor, 1), {}, 0, 0}, {type, llava::Quantisation::none, false});
  const llava::Buffer xb = ops.allocate(x_bytes.size()), ob = ops.allocate(static_cast<size_t>(m * n) * 4),
                      one = ops.allocate(static_cast<size_t>(n) * 4);
  std::memcpy(xb.data(), x_bytes.data(), x_bytes.size());
  const llava::View xv{xb.data(), type, m, k, k}, ov{ob.data(), DType::f32, m, n, n},
      first{one.data(), DType::f32, 1, n, n};
  contenders.push_back({"llava-eval",
                        [&] { ops.linear(*linear, xv, ov, llava::Phase::prefill); },
                        [&](size_t i) { return ob.as<float>()[i]; },
                        [&] {
                          ops.linear(*linear, xv.slice(0, 1), first, llava::Phase::prefill);
                          return std::memcmp(one.data(), ob.data(), static_cast<size_t>(n) * 4) == 0;
                        },
                        {}});
  std::vector<float> blas(type == DType::f32 ? static_cast<size_t>(m * n) : 0), blas_one(static_cast<size_t>(n));
  if (type == DType::f32) {
    const auto product = [&](int64_t rows, float* out) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(rows), static_cast<int>(n),
                  static_cast<int>(k), 1.0f, x.data(), static_cast<int>(k), w.data(), static_cast<int>(k), 0.0f, out,
                  static_cast<int>(n));
    };
    contenders.push_back({"OpenBLAS",
                          [=, &blas] { product(m, blas.data()); },
                          [&](size_t i) { return blas[i]; },
                          [=, &blas, &blas_one] {
                            product(1, blas_one.data());
                            return std::memcmp(blas_one.data(), blas.data(), static_cast<size_t>(n) * 4) == 0;
                          },
                          {}});
  }
  std::unique_ptr<OneDnn> dnn, dnn_one;
  std::string implementation = "not available on this CPU";
  try {
    dnn = std::make_unique<OneDnn>(m, n, k, type, x_bytes, w_bytes);
    dnn_one = std::make_unique<OneDnn>(1, n, k, type, x_bytes, w_bytes);
    implementation = dnn->implementation;
  } catch (const dnnl::error&) {
    dnn.reset();
  }
  if (dnn) {
    contenders.push_back({"oneDNN",
                          [&] { dnn->run(); },
                          [&](size_t i) { return dnn->out[i]; },
                          [&] {
                            dnn_one->run();
                            return std::memcmp(dnn_one->out.data(), dnn->out.data(), static_cast<size_t>(n) * 4) == 0;
                          },
                          {}});
  }

  // In turn, so that a busy moment hits all of them; on a crowded machine no more rounds than begin within a few
  // seconds. Threads of OpenBLAS and OpenMP look for new work for up to 30 ms after a product: the next contender must
  // not share its cores with them. An untimed run then wakes the contender's own.
  double spent = 0.0;
  for (int round = 0; round < rounds && spent < 6.0; ++round) {
    for (Contender& c : contenders) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      c.run();
      const Seconds s = once(c.run);
      spent += s.wall;
      c.best = {std::min(c.best.wall, s.wall), std::min(c.best.cpu, s.cpu)};
    }
  }
  const int64_t checked[] = {0, m / 2, m - 1};
  std::printf("{\"type\":\"%s\",\"m\":%lld,\"n\":%lld,\"k\":%lld,\"oneDNN\":\"%s\",\"results\":[", llava::name_of(type),
              static_cast<long long>(m), static_cast<long long>(n), static_cast<long long>(k), implementation.c_str());
  for (size_t i = 0; i < contenders.size(); ++i) {
    const Contender& c = contenders[i];
    double worst = 0.0;
    for (const int64_t row : checked) {
      const std::vector<double> want = exact_row(x, w, row, n, k);
      for (int64_t j = 0; j < n; ++j)
        worst = std::max(worst, std::fabs(c.output(static_cast<size_t>(row * n + j)) - want[static_cast<size_t>(j)]));
    }
    const double flop = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    std::printf(
        "%s{\"name\":\"%s\",\"gflops\":%.2f,\"gflopsPerCpuSecond\":%.2f,\"gigabytes\":%.2f,\"error\":%.3g,\"invariant\":%s}",
        i == 0 ? "" : ",", c.name.c_str(), 1e-9 * flop / c.best.wall, 1e-9 * flop / c.best.cpu,
        1e-9 * static_cast<double>(w_bytes.size()) / c.best.wall, worst / std::sqrt(static_cast<double>(k)),
        c.invariant() ? "true" : "false");
  }
  std::printf("]}\n");
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  const int threads = count > 1 ? std::atoi(arguments[1]) : 1;
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 5;
  openblas_set_num_threads(threads);
  llava::OpenOptions options;
  options.threads = threads;
  const auto ops = llava::make_cpu_ops(options);
  std::printf("{\"kernels\":\"%s\",\"cpu\":\"%s\",\"threads\":%d}\n", ops->info().fingerprint.c_str(),
              ops->info().name.c_str(), threads);
  const int64_t shapes[][3] = {{577, 4096, 1024}, {577, 1024, 4096}, {577, 3072, 1024}, {2885, 1024, 1024},
                               {512, 9728, 896},  {512, 896, 4864},  {2048, 1152, 896}, {64, 9728, 896},
                               {20, 9728, 896},   {8, 9728, 896},    {1, 9728, 896},    {1, 151936, 896}};
  for (const DType type : {DType::f32, DType::bf16}) {
    for (const auto& s : shapes) compare(*ops, s[0], s[1], s[2], type, s[0] < 100 ? 3 * rounds : rounds);
  }
  return 0;
}
