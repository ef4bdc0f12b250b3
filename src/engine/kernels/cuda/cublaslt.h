#pragma once

// cuBLASLt, for prompts: opened at run time (nothing links against it), algorithms per use of a weight chosen and
// checked once.
//
// A library of products promises speed, not equal bits. So, for every use, one algorithm decides the bits: the first
// of the library's own ranking for kRankedRows rows that adds no partial sums (no split k, no reduction), accepts every
// bucket of rows, and on chosen data gives equal rows equal bits wherever they stand and in every bucket
// (product_check.cu). Few rows fill a GPU by other tiles than many: for each class of them the best ranked algorithm
// that gives those same bits serves. A use for which no algorithm passes is served by our own kernel.
//
// Weights of one byte per value are widened into scratch, so many rows of w at a time that they do not leave L2 by far;
// that is exact, and what is multiplied are pieces of a plain weight with float32 results.
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

#include "kernels/backends.h"
#include "kernels/cuda/context.h"
#include "kernels/cuda/cublaslt_api.h"
#include "kernels/cuda/weights.h"

namespace llava::cuda {

/// Rows of a product by the library are rounded up to a multiple of this: the rows of its tiles, and few enough buckets
/// to check all.
inline constexpr int64_t kRowBucket = 128;
/// What algorithms may write beside their result. NVIDIA recommends this much on sm_90.
inline constexpr size_t kWorkspaceBytes = size_t{32} << 20;

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

/// What serves a use: algorithms that give the same bits, ascending in the rows that each is for; the last serves all
/// above.
struct Served {
  struct Class {
    int64_t rows;
    LtAlgorithm algorithm;
  };
  std::vector<Class> classes;

  const LtAlgorithm& at(int64_t rows) const {
    size_t i = 0;
    while (i + 1 < classes.size() && rows > classes[i].rows) ++i;
    return classes[i].algorithm;
  }
};

class CublasLt {
 public:
  /// The library at `cublaslt_path`, or, when it is empty, the first usable one of cublaslt_search_paths(). Empty when
  /// there is none; throws Error when the path is no usable library. The GPU must be the current one.
  static std::unique_ptr<CublasLt> open(const OpenOptions& options);
  CublasLt(const CublasLtApi& api, void* handle) : api_(api), handle_(handle) {}
  ~CublasLt();
  CublasLt(const CublasLt&) = delete;
  CublasLt& operator=(const CublasLt&) = delete;

  /// "cuBLASLt 13.1.0", and after loading how many uses it serves, with a digest of what decides their bits.
  std::string text() const;

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
  /// Algorithms for all rows of a use, best first: the ranking is for a number of rows that does not depend on limits.
  std::vector<LtAlgorithm> candidates(const ProductUse& use) const;
  /// Those for more than `after` and at most `rows` rows.
  std::vector<LtAlgorithm> candidates(const ProductUse& use, int64_t after, int64_t rows) const;
  void settle(const ProductUse& use, Served served);
  /// Ends loading: what was expected and not settled is not served.
  void forget_expected() { expected_.clear(); }
  /// kWorkspaceBytes that nobody else uses.
  void use_workspace(void* workspace) { workspace_ = workspace; }

  /// Rows of a one-byte weight that are widened at a time, a multiple of kRowBucket.
  int64_t rows_of_widened(int64_t k) const;
  size_t widened_limit() const { return widened_limit_; }
  /// Bytes that the widened rows of any expected weight take at most.
  size_t widened_bytes() const { return widened_bytes_; }

  // -- afterwards --------------------------------------------------------------------------------------------

  /// What serves a use, or nullptr when our own kernel does.
  const Served* serving(const ProductUse& use) const;
  /// out = x w^T (+ bias) (+ residual), float32 sums, one rounding.
  void multiply(const ProductUse& use, const LtAlgorithm& algorithm, const ProductOperands& operands,
                cudaStream_t stream) const;

 private:
  std::vector<LtAlgorithm> ranked(const ProductUse& use, int64_t rows) const;
  std::vector<LtAlgorithm> accepted(const ProductUse& use, std::vector<LtAlgorithm> algorithms, int64_t after,
                                    int64_t rows) const;
  bool is_head(int64_t n) const { return limits_.widest > 0 && n > limits_.widest; }

  CublasLtApi api_;
  void* handle_;
  void* workspace_ = nullptr;
  size_t widened_limit_ = 0;
  size_t widened_bytes_ = 0;
  size_t uses_ = 0;  // that were expected
  Limits limits_;
  std::set<ProductUse> expected_;
  std::map<ProductUse, Served> settled_;
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
