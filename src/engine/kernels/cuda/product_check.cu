// The set-up check that makes cuBLASLt usable (cublaslt.h): equal rows give equal bits, wherever they stand, however
// many there are.
//
// x holds kPeriod different rows, over and over, so that equal rows meet every place of a tile. The first kPeriod rows
// of the product with the most rows are the reference; every row of every bucket is compared with them, bit for bit.
//
// Of the algorithms for few rows it asks the same bits as of the one for many.
//
// Rounding to 16 bits would hide most changes of the order of a sum. So the second half of k takes back what the first
// half added: x repeats itself and w does with the sign changed. What is left in out is the rounding of the float32
// sums alone, which any other order changes.

#include <algorithm>

#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/numbers.h"
#include "support/error.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;
constexpr unsigned kMostBlocks = 4096;
constexpr int64_t kPeriod = 61;
constexpr size_t kMostTries = 4;  // algorithms per use
// Above, the tiles of the algorithm for most rows fill the GPU; each class costs a check of its buckets while loading.
constexpr int64_t kClasses[] = {128, 256, 512, 1024, 2048};
constexpr size_t kTriesOfClass = 2;

/// Values in [-1, 1) with full mantissas; row r is row r % period; the second half of a row is `sign` times the first.
template <typename T>
__global__ void fill_kernel(T* x, int64_t rows, int64_t columns, int64_t period, uint32_t seed, float sign) {
  const int64_t count = rows * columns, half = columns / 2;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t column = i % columns;
    auto hash = static_cast<uint32_t>(i / columns % period * columns + column % half) + seed;
    hash = (hash ^ hash >> 16) * 0x7feb352du;
    hash = (hash ^ hash >> 15) * 0x846ca68bu;
    hash ^= hash >> 16;
    x[i] = narrow<T>(static_cast<float>(static_cast<int32_t>(hash) >> 8) * 0x1p-23f * (column < half ? 1.0f : sign));
  }
}

/// differs[0] = 1 when a row's first n columns are not those of row % kPeriod of the reference. T is an unsigned
/// integer as wide as an element.
template <typename T>
__global__ void compare_kernel(const T* out, const T* reference, int64_t rows, int64_t n, int64_t stride,
                               int32_t* differs) {
  const int64_t count = rows * n;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t row = i / n, column = i % n;
    if (out[row * stride + column] != reference[row % kPeriod * stride + column]) *differs = 1;
  }
}

class Check {
 public:
  Check(Device& device, Context& context, const CublasLt& library, const ProductUse& use)
      : device_(device), context_(context), library_(library), use_(use), most_(library.most_rows(use)) {
    operands_.x_stride = use.k;
    operands_.out_stride = operands_.residual_stride = (use.n + 7) / 8 * 8;
    x_ = filled(most_, kPeriod, 1, 1.0f);
    w_ = filled(use.n, use.n, 2, -1.0f);
    out_ = device.allocate(row_bytes() * static_cast<size_t>(most_));
    reference_ = device.allocate(row_bytes() * kPeriod);
    differs_ = device.allocate(sizeof(int32_t));
    operands_.x = x_.data();
    operands_.w = w_.data();
    operands_.out = out_.data();
    if (use.bias) operands_.bias = zeros(bias_, static_cast<size_t>(operands_.out_stride) * llava::size_of(use.type));
    if (use.residual) operands_.residual = zeros(residual_, out_.bytes());
  }

  int64_t most() const { return most_; }

  /// Equal bits in every bucket; they are the reference from then on.
  bool passes(const LtAlgorithm& algorithm) {
    return compares(algorithm, 0, most_, [&] { device_.copy(reference_.data(), out_.data(), reference_.bytes()); });
  }
  /// The reference's bits in the buckets of more than `after` and at most `most` rows.
  bool agrees(const LtAlgorithm& algorithm, int64_t after, int64_t most) {
    return compares(algorithm, after, most, [] {});
  }

 private:
  template <typename First>
  bool compares(const LtAlgorithm& algorithm, int64_t after, int64_t most, First after_first) {
    device_.fill_zero(differs_.data(), sizeof(int32_t));
    for (int64_t rows = most; rows > after; rows -= kRowBucket) {
      operands_.rows = rows;
      try {
        library_.multiply(use_, algorithm, operands_, context_.stream(Queue::compute));
      } catch (const DeviceError&) {  // refused, though the library ranked it; a broken GPU is told by the download
        return false;
      }
      if (rows == most) after_first();
      compare(rows);
    }
    int32_t differs = 1;
    device_.download(&differs, differs_.data(), sizeof(differs));
    device_.synchronize();
    return differs == 0;
  }

  size_t row_bytes() const { return static_cast<size_t>(operands_.out_stride) * llava::size_of(use_.out); }

  Buffer filled(int64_t rows, int64_t period, uint32_t seed, float sign) {
    const int64_t count = rows * use_.k;
    Buffer buffer = device_.allocate(static_cast<size_t>(count) * llava::size_of(use_.type));
    with_work_type(use_.type, [&]<typename T>() {
      context_.launch("check: fill", {rows, use_.k}, fill_kernel<T>,
                      dim3(std::min(blocks_for(count, kThreads), kMostBlocks)), dim3(kThreads), 0, buffer.as<T>(), rows,
                      use_.k, period, seed * 0x9e3779b9u, sign);
    });
    return buffer;
  }

  const void* zeros(Buffer& buffer, size_t bytes) {
    buffer = device_.allocate(bytes);
    device_.fill_zero(buffer.data(), bytes);
    return buffer.data();
  }

  void compare(int64_t rows) {
    const auto launch = [&]<typename T>() {
      context_.launch("check: compare", {rows, use_.n}, compare_kernel<T>,
                      dim3(std::min(blocks_for(rows * use_.n, kThreads), kMostBlocks)), dim3(kThreads), 0,
                      out_.as<const T>(), reference_.as<const T>(), rows, use_.n, operands_.out_stride,
                      differs_.as<int32_t>());
    };
    if (use_.out == DType::f32) {
      launch.template operator()<uint32_t>();
    } else {
      launch.template operator()<uint16_t>();
    }
  }

  Device& device_;
  Context& context_;
  const CublasLt& library_;
  const ProductUse& use_;
  int64_t most_;
  ProductOperands operands_;
  Buffer x_;
  Buffer w_;
  Buffer bias_;
  Buffer residual_;
  Buffer out_;
  Buffer reference_;
  Buffer differs_;
};

/// For each class of few rows the best ranked algorithm with the bits of `reference`, which serves the rest.
Served classes_of(const CublasLt& library, const ProductUse& use, Check& check, const LtAlgorithm& reference) {
  Served served;
  int64_t after = 0;
  for (const int64_t rows : kClasses) {
    if (rows >= check.most()) break;
    std::vector<LtAlgorithm> candidates = library.candidates(use, after, rows);
    candidates.resize(std::min(candidates.size(), kTriesOfClass));
    const auto best = std::ranges::find_if(candidates, [&](const LtAlgorithm& algorithm) {
      return algorithm == reference || check.agrees(algorithm, after, rows);
    });
    served.classes.push_back({rows, best == candidates.end() ? reference : *best});
    after = rows;
  }
  served.classes.push_back({check.most(), reference});
  return served;
}

}  // namespace

void settle_products(Device& device, Context& context, CublasLt& library) {
  for (const ProductUse& use : library.expected()) {
    const std::vector<LtAlgorithm> candidates = library.candidates(use);
    if (candidates.empty()) continue;
    Check check(device, context, library, use);
    for (size_t i = 0; i < std::min(candidates.size(), kMostTries); ++i) {
      if (!check.passes(candidates[i])) continue;
      library.settle(use, classes_of(library, use, check, candidates[i]));
      break;
    }
  }
  library.forget_expected();
}

}  // namespace llava::cuda
