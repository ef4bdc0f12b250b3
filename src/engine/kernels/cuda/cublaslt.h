#pragma once

// cuBLASLt, for prompts: opened at run time (nothing links against it), one algorithm per use of a weight, chosen and
// checked once.
//
// A library of products promises speed, not equal bits. So, for every use, the algorithm is taken from the library's
// own ranking for the most rows, without split k and without workspace (which leaves no way to add partial sums); it
// must accept every bucket of rows; and a run on chosen data must give equal rows equal bits wherever they stand and in
// every bucket (product_check.cu). A use for which no algorithm passes is served by our own kernel.
//
// Prototypes and numbers are from the public documentation, "Using the cuBLASLt API". The library sees our row-major
// matrices as column-major ones with rows and columns exchanged: out^T [n, rows] = op(w) [n, k] * x^T [k, rows].

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernels/cuda/context.h"
#include "kernels/cuda/cublaslt_api.h"
#include "kernels/cuda/weights.h"

namespace llava::cuda {

/// Rows of a product by the library are rounded up to a multiple of this: the rows of its tiles, and few enough buckets
/// to check all.
inline constexpr int64_t kRowBucket = 128;

/// What an algorithm is chosen for.
struct ProductUse {
  int64_t n = 0;
  int64_t k = 0;
  DType type = DType::bf16;  // of x and w
  DType out = DType::bf16;   // `type`, or f32
  bool bias = false;         // of `type`; only with out of `type`
  bool residual = false;     // of `out`
  auto operator<=>(const ProductUse&) const = default;
};

/// Device memory of one product. rows: those of x and out that the library may read and write.
struct ProductOperands {
  int64_t rows = 0;
  const void* x = nullptr;
  int64_t x_stride = 0;
  const void* w = nullptr;
  const void* bias = nullptr;
  const void* residual = nullptr;
  int64_t residual_stride = 0;
  void* out = nullptr;
  int64_t out_stride = 0;
};

class CublasLt {
 public:
  /// The library at `path`, or, when it is empty, the first usable one of: the loader's path, CUDA_PATH,
  /// /usr/local/cuda, Python packages. Empty when there is none; throws Error when `path` is no usable library. The GPU
  /// must be the current one.
  static std::unique_ptr<CublasLt> open(const std::string& path);
  CublasLt(const CublasLtApi& api, void* handle) : api_(api), handle_(handle) {}
  ~CublasLt();
  CublasLt(const CublasLt&) = delete;
  CublasLt& operator=(const CublasLt&) = delete;

  /// "cuBLASLt 13.1.0"
  std::string version() const;

  // -- while loading -----------------------------------------------------------------------------------------

  /// Of what is loaded from now on. What was settled for other limits is served by our own kernels.
  void set_limits(const Limits& limits);
  /// A weight that will be multiplied with.
  void expect(const CudaLinear& weight, DType work);
  const std::set<ProductUse>& expected() const { return expected_; }

  /// The most rows of one call for a use, a multiple of kRowBucket.
  int64_t most_rows(const ProductUse& use) const;
  /// Bytes of float32 results that the expected uses pass through scratch at most.
  size_t sum_bytes() const;
  /// Algorithms that accept all buckets of a use, best first.
  std::vector<LtAlgorithm> candidates(const ProductUse& use) const;
  void settle(const ProductUse& use, const LtAlgorithm& algorithm);
  /// Ends loading: what was expected and not settled is not served.
  void forget_expected() { expected_.clear(); }

  // -- afterwards --------------------------------------------------------------------------------------------

  /// The algorithm of a use, or nullptr when our own kernel serves it.
  const LtAlgorithm* algorithm(const ProductUse& use) const;
  /// out = x w^T (+ bias) (+ residual), float32 sums, one rounding.
  void multiply(const ProductUse& use, const LtAlgorithm& algorithm, const ProductOperands& operands,
                cudaStream_t stream) const;

 private:
  CublasLtApi api_;
  void* handle_;
  Limits limits_;
  std::set<ProductUse> expected_;
  std::map<ProductUse, LtAlgorithm> settled_;
};

/// Rows of a float32 result that stay in L2 on their way to the activation: at most 16 MiB, at least one bucket.
int64_t rows_of_sums(int64_t n);
/// The most bytes that such a result takes for any n up to `widest`.
size_t bytes_of_sums(int64_t widest);
/// Elements from one row of such a result to the next.
constexpr int64_t stride_of_sums(int64_t n) { return (n + 3) / 4 * 4; }

/// product_check.cu: chooses and checks an algorithm for every expected use.
void settle_products(Device& device, Context& context, CublasLt& library);

}  // namespace llava::cuda
