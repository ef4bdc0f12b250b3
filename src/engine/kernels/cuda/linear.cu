// out = round(activation(x w^T + bias) + residual): who computes it.
//
//                 float32          bf16, f16                                    bf16, f16 with one byte per weight
//   prefill       gemm_f32.cu      cuBLASLt where it passed its check,          the same, of widened weights
//                                  else gemm_prefill.cu
//   decode        gemm_f32.cu      gemm_decode.cu                               gemm_decode.cu
//
// cuBLASLt adds bias and residual itself (one rounding). It does not know our activations nor row scales, and one
// rounding is promised: such a result passes through scratch as float32, so many rows at a time that it stays in L2,
// and activation.cu takes it from there. Which way a weight goes does not depend on the number of rows: that would be
// seen in the bits.

#include <algorithm>

#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/gemm.h"
#include "kernels/cuda/quantised.h"
#include "support/error.h"

namespace llava::cuda {

namespace {

int64_t bucket(int64_t rows) { return (rows + kRowBucket - 1) / kRowBucket * kRowBucket; }

/// x w^T by the library for one use; for a float32 result the scratch that it passes through.
struct LibraryProduct {
  const CublasLt& library;
  const ProductUse& use;
  const Served& served;
  const Buffer& sums;
};

/// Whole, or in float32 pieces that are finished by activation.cu. `w` are use.n rows of weights of use.type.
void multiply_by_library(Context& context, const LibraryProduct& product, const void* w, const void* work_bias,
                         const View& x, const Epilogue& epilogue) {
  const auto& [library, use, served, sums] = product;
  const int64_t most = library.most_rows(use);
  const bool finish =
      use.out == DType::f32 && (epilogue.scale || epilogue.bias || epilogue.activation != Activation::none);
  const bool through_scratch = use.out == DType::f32 && !epilogue.wide;
  if (use.out != DType::f32 && x.rows > most) throw ContractViolation("linear: more rows than reserve() was told");
  for (int64_t first = 0; first < x.rows; first += most) {
    const int64_t rows = std::min(most, x.rows - first);
    const View piece = x.slice(first, rows);
    const Epilogue e = epilogue.from(first, 0, use.type);

    ProductOperands o;
    o.rows = bucket(rows);
    o.x = piece.data;
    o.x_stride = piece.stride;
    o.w = w;
    o.bias = use.bias ? work_bias : nullptr;
    o.residual = use.residual ? e.residual : nullptr;
    o.residual_stride = e.residual_stride;
    o.out = through_scratch ? sums.data() : e.out;
    o.out_stride = through_scratch ? stride_of_sums(use.n) : e.out_stride;
    if (through_scratch && static_cast<size_t>(o.rows * o.out_stride) * sizeof(float) > sums.bytes()) {
      throw ContractViolation("linear: wider than reserve() was told");
    }
    library.multiply(use, served.at(o.rows), o, context.stream(Queue::compute));
    if (finish || through_scratch)
      finish_product(context, static_cast<const float*>(o.out), o.out_stride, rows, use.n, e, use.type);
  }
}

}  // namespace

size_t linear_scratch_bytes(const Limits& limits) {
  return limits.work == DType::f32 ? 0 : bytes_of_sums(limits.widest);
}

int64_t CudaOps::padded_rows(int64_t rows, Phase phase) const {
  return cublaslt_ && phase == Phase::prefill ? bucket(rows) : rows;
}

void CudaOps::linear(const Linear& weight, const View& x, const View& out, Phase phase, Activation activation,
                     const View* residual) {
  const auto& w = static_cast<const CudaLinear&>(weight);
  if (x.cols != w.k() || out.cols != w.n() || out.rows != x.rows)
    throw ContractViolation("linear: shapes do not match the weight");
  if (out.dtype != x.dtype && out.dtype != DType::f32)
    throw ContractViolation("linear: the result is neither of the input's type nor float32");
  if (residual && residual->dtype != x.dtype)
    throw ContractViolation("linear: the residual is not of the input's type");
  if (residual && activation != Activation::none) throw ContractViolation("linear: both an activation and a residual");
  if (x.rows == 0) return;
  context_.enter();

  Epilogue epilogue;
  epilogue.scale = w.scale();
  epilogue.bias = w.bias();
  epilogue.residual = residual ? residual->data : nullptr;
  epilogue.residual_stride = residual ? residual->stride : 0;
  epilogue.out = out.data;
  epilogue.out_stride = out.stride;
  epilogue.wide = out.dtype == DType::f32;
  epilogue.activation = activation;

  if (cublaslt_ && phase == Phase::prefill && x.dtype != DType::f32 && !(residual && epilogue.wide) &&
      (w.scale() ? linear_widened(w, x, epilogue) : linear_by_library(w, x, epilogue)))
    return;

  const Product product{x.data,
                        x.stride,
                        w.values(),
                        static_cast<int32_t>(x.rows),
                        static_cast<int32_t>(w.n()),
                        static_cast<int32_t>(w.k()),
                        epilogue};
  if (x.dtype == DType::f32) {
    phase == Phase::prefill ? prefill_product_f32(context_, product, w.storage())
                            : decode_product_f32(context_, product, w.storage());
  } else {
    phase == Phase::prefill ? prefill_product(context_, product, x.dtype, w.storage())
                            : decode_product(context_, product, x.dtype, w.storage());
  }
}

/// Whether the library serves this use of a weight.
bool CudaOps::linear_by_library(const CudaLinear& w, const View& x, const Epilogue& epilogue) {
  const bool sums = epilogue.wide || epilogue.activation != Activation::none;
  const ProductUse use{
      w.n(), w.k(), x.dtype, sums ? DType::f32 : x.dtype, !sums && w.has_bias(), epilogue.residual != nullptr};
  const Served* const served = cublaslt_->serving(use);
  if (!served) return false;
  multiply_by_library(context_, {*cublaslt_, use, *served, scratch_.linear}, w.values(), w.work_bias(), x, epilogue);
  return true;
}

/// The same of a weight of one byte per value, some of its rows after the other.
bool CudaOps::linear_widened(const CudaLinear& w, const View& x, const Epilogue& epilogue) {
  const int64_t most = std::min(cublaslt_->rows_of_widened(w.k()), w.n());
  const auto use_of = [&](int64_t n) { return ProductUse{n, w.k(), x.dtype, DType::f32, false, false}; };
  for (const int64_t n : {most, w.n() % most}) {
    if (n > 0 && !cublaslt_->serving(use_of(n))) return false;
  }
  const auto row_bytes = static_cast<size_t>(quantised_pitch(w.k()));
  for (int64_t column = 0; column < w.n(); column += most) {
    const ProductUse use = use_of(std::min(most, w.n() - column));
    widen_rows(context_, static_cast<const char*>(w.values()) + static_cast<size_t>(column) * row_bytes, w.storage(),
               scratch_.widened.data(), x.dtype, use.n, w.k());
    multiply_by_library(context_, {*cublaslt_, use, *cublaslt_->serving(use), scratch_.linear}, scratch_.widened.data(),
                        nullptr, x, epilogue.from(0, column, x.dtype));
  }
  return true;
}

}  // namespace llava::cuda
