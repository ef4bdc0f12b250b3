#pragma once

// What happens to a float32 sum on its way out of a product: row scale, bias, activation, residual, one rounding. The
// instructions are spelled out, so that every kernel does the same to the same number.

#include <cmath>

#include "kernels/cuda/numbers.h"
#include "kernels/ops.h"

namespace llava::cuda {

__device__ __forceinline__ float activate(Activation activation, float x) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::gelu:
      return __fmul_rn(__fmul_rn(0.5f, x), __fadd_rn(1.0f, erff(__fmul_rn(x, 0.70710678118654752f))));
    case Activation::gelu_tanh: {
      const float cubic = __fmul_rn(__fmul_rn(__fmul_rn(0.044715f, x), x), x);
      return __fmul_rn(__fmul_rn(0.5f, x),
                       __fadd_rn(1.0f, tanhf(__fmul_rn(0.79788456080286536f, __fadd_rn(x, cubic)))));
    }
    case Activation::quick_gelu: return __fdiv_rn(x, __fadd_rn(1.0f, expf(__fmul_rn(-1.702f, x))));
  }
  return x;
}

/// out[m, n] = round(activation(scale[n] * sum + bias[n]) + residual[m, n])
struct Epilogue {
  const float* scale = nullptr;    // [n] or nullptr
  const float* bias = nullptr;     // [n] or nullptr
  const void* residual = nullptr;  // [m, n] W or nullptr; may be out
  int64_t residual_stride = 0;
  void* out = nullptr;  // [m, n] W, or f32 when wide
  int64_t out_stride = 0;
  bool wide = false;
  Activation activation = Activation::none;

  /// That of the part of out that begins at (row, column); `type` is W.
  Epilogue from(int64_t row, int64_t column, DType type) const {
    Epilogue e = *this;
    const auto element = static_cast<int64_t>(llava::size_of(type));
    if (scale) e.scale += column;
    if (bias) e.bias += column;
    if (residual) e.residual = static_cast<const char*>(residual) + (row * residual_stride + column) * element;
    e.out = static_cast<char*>(out) + (row * out_stride + column) * (wide ? int64_t{sizeof(float)} : element);
    return e;
  }
};

template <typename T>
__device__ __forceinline__ float finish(const Epilogue& e, int64_t m, int64_t n, float sum) {
  if (e.scale) sum = __fmul_rn(sum, e.scale[n]);
  if (e.bias) sum = __fadd_rn(sum, e.bias[n]);
  sum = activate(e.activation, sum);
  if (e.residual) sum = __fadd_rn(sum, widen(static_cast<const T*>(e.residual)[m * e.residual_stride + n]));
  return sum;
}

/// Finishes and stores one element.
template <typename T>
__device__ __forceinline__ void emit(const Epilogue& e, int64_t m, int64_t n, float sum) {
  const float value = finish<T>(e, m, n, sum);
  if (e.wide) {
    static_cast<float*>(e.out)[m * e.out_stride + n] = value;
  } else {
    static_cast<T*>(e.out)[m * e.out_stride + n] = narrow<T>(value);
  }
}

/// Finishes and stores elements n and n + 1 (n even) with one access.
template <typename T>
__device__ __forceinline__ void emit_pair(const Epilogue& e, int64_t m, int64_t n, float sum0, float sum1) {
  struct alignas(2 * sizeof(T)) Pair {
    T at[2];
  };
  const float value0 = finish<T>(e, m, n, sum0);
  const float value1 = finish<T>(e, m, n + 1, sum1);
  if (e.wide) {
    *reinterpret_cast<float2*>(static_cast<float*>(e.out) + m * e.out_stride + n) = make_float2(value0, value1);
  } else {
    *reinterpret_cast<Pair*>(static_cast<T*>(e.out) + m * e.out_stride + n) = {{narrow<T>(value0), narrow<T>(value1)}};
  }
}

}  // namespace llava::cuda
