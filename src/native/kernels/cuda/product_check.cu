// The set-up check that makes cuBLASLt usable (cublaslt.h): equal rows give equal bits, wherever they stand, however many there are.
//
// x holds kPeriod different rows, over and over, so that equal rows meet every place of a tile. The first kPeriod rows of the product
// with the most rows are the reference; every row of every bucket is compared with them, bit for bit.

#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/numbers.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;
constexpr unsigned kMostBlocks = 4096;
constexpr int64_t kPeriod = 61;
constexpr size_t kMostTries = 4;  // algorithms per use

/// Values in [-1, 1) with full mantissas; row r is row r % kPeriod.
template <typename T>
__global__ void fill_kernel(T* x, int64_t rows, int64_t stride, uint32_t seed) {
  const int64_t count = rows * stride;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    auto hash = static_cast<uint32_t>(i / stride % kPeriod * stride + i % stride) + seed;
    hash = (hash ^ hash >> 16) * 0x7feb352du;
    hash = (hash ^ hash >> 15) * 0x846ca68bu;
    hash ^= hash >> 16;
    x[i] = narrow<T>(static_cast<float>(static_cast<int32_t>(hash) >> 8) * 0x1p-23f);
  }
}

/// differs[0] = 1 when a row's first n columns are not those of row % kPeriod of the reference. T is an unsigned integer as wide as an element.
template <typename T>
__global__ void compare_kernel(const T* out, const T* reference, int64_t rows, int64_t n, int64_t stride, int32_t* differs) {
  const int64_t count = rows * n;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t row = i / n, column = i % n;
    if (out[row * stride + column] != reference[row % kPeriod * stride + column]) *differs = 1;
  }
}

class Check {
 public:
  Check(Device& device, Context& context, const CublasLt& library, const ProductUse& use, const CublasLt::Expected& weight)
      : device_(device), context_(context), library_(library), use_(use), most_(library.most_rows(use)) {
    operands_.rows = most_;
    operands_.x_stride = use.k;
    operands_.out_stride = operands_.residual_stride = (use.n + 7) / 8 * 8;
    operands_.w = weight.w;
    operands_.bias = weight.bias;
    x_ = filled(use.type, use.k, 1);
    operands_.x = x_.data();
    if (use.residual) {
      residual_ = filled(use.out, operands_.residual_stride, 2);
      operands_.residual = residual_.data();
    }
    out_ = device.allocate(row_bytes() * static_cast<size_t>(most_));
    reference_ = device.allocate(row_bytes() * kPeriod);
    differs_ = device.allocate(sizeof(int32_t));
    operands_.out = out_.data();
  }

  bool passes(const LtAlgorithm& algorithm) {
    const cudaStream_t stream = context_.stream(Queue::compute);
    device_.fill_zero(differs_.data(), sizeof(int32_t));
    for (int64_t rows = most_; rows > 0; rows -= kRowBucket) {
      operands_.rows = rows;
      library_.multiply(use_, algorithm, operands_, stream);
      if (rows == most_) device_.copy(reference_.data(), out_.data(), reference_.bytes());
      compare(rows);
    }
    int32_t differs = 1;
    device_.download(&differs, differs_.data(), sizeof(differs));
    device_.synchronize();
    return differs == 0;
  }

 private:
  size_t row_bytes() const { return static_cast<size_t>(operands_.out_stride) * llava::size_of(use_.out); }

  Buffer filled(DType type, int64_t stride, uint32_t seed) {
    Buffer buffer = device_.allocate(static_cast<size_t>(most_ * stride) * llava::size_of(type));
    with_work_type(type, [&]<typename T>() {
      context_.launch("check: fill", {most_, stride}, fill_kernel<T>, dim3(std::min(blocks_for(most_ * stride, kThreads), kMostBlocks)), dim3(kThreads), 0,
                      buffer.as<T>(), most_, stride, seed * 0x9e3779b9u);
    });
    return buffer;
  }

  void compare(int64_t rows) {
    const auto launch = [&]<typename T>() {
      context_.launch("check: compare", {rows, use_.n}, compare_kernel<T>, dim3(std::min(blocks_for(rows * use_.n, kThreads), kMostBlocks)), dim3(kThreads), 0,
                      out_.as<const T>(), reference_.as<const T>(), rows, use_.n, operands_.out_stride, differs_.as<int32_t>());
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
  Buffer residual_;
  Buffer out_;
  Buffer reference_;
  Buffer differs_;
};

}  // namespace

void settle_products(Device& device, Context& context, CublasLt& library) {
  for (const auto& [use, weight] : library.expected()) {
    const std::vector<LtAlgorithm> candidates = library.candidates(use);
    if (candidates.empty()) continue;
    Check check(device, context, library, use, weight);
    for (size_t i = 0; i < std::min(candidates.size(), kMostTries); ++i) {
      if (!check.passes(candidates[i])) continue;
      library.settle(use, candidates[i]);
      break;
    }
  }
  library.forget_expected();
}

}  // namespace llava::cuda
