#pragma once

// What weights.cu loads and the kernels read. Device pointers; with a pinned host table the device reads over the bus
// by the same pointer.

#include <utility>

#include "kernels/ops.h"

namespace llava::cuda {

/// How the values of a CudaLinear are stored: the work type, or one byte per value (quantised.h) with a float32 scale
/// per row.
enum class Storage { f32, bf16, f16, i8, f8 };

constexpr size_t size_of(Storage storage) {
  return storage == Storage::f32 ? 4 : storage == Storage::bf16 || storage == Storage::f16 ? 2 : 1;
}

/// w[n, k] = scale[n] * value[n, k], plus bias[n].
class CudaLinear final : public Linear {
 public:
  int64_t n() const override { return n_; }
  int64_t k() const override { return k_; }
  bool has_bias() const override { return bias_.data() != nullptr; }
  size_t bytes() const override { return values_.bytes() + scale_.bytes() + bias_.bytes() + work_bias_.bytes(); }

  Storage storage() const { return storage_; }
  const void* values() const {
    return values_.data();
  }  // [n, k] row-major, k padded with zeros as asked; bytes: [n, quantised_pitch(k)]
  const float* scale() const { return scale_.as<const float>(); }  // [n], nullptr where values are not quantised
  const float* bias() const { return bias_.as<const float>(); }    // [n], already rounded to the work type, or nullptr
  const void* work_bias() const { return work_bias_.data(); }  // the same in the work type, where cuBLASLt may add it

 private:
  friend class CudaOps;
  Storage storage_ = Storage::bf16;
  int64_t n_ = 0;
  int64_t k_ = 0;
  Buffer values_;
  Buffer scale_;
  Buffer bias_;
  Buffer work_bias_;
};

/// Rows of `dtype` (f32, bf16 or f16), [rows, width] without gaps, already rounded to the work type or narrower where
/// that is exact.
class CudaTable final : public Table {
 public:
  CudaTable(Buffer values, DType dtype, int64_t rows, int64_t width)
      : values_(std::move(values)), dtype_(dtype), rows_(rows), width_(width) {}
  int64_t rows() const override { return rows_; }
  int64_t width() const override { return width_; }
  size_t bytes() const override { return values_.bytes(); }

  DType dtype() const { return dtype_; }
  const void* values() const { return values_.data(); }

 private:
  Buffer values_;
  DType dtype_;
  int64_t rows_;
  int64_t width_;
};

}  // namespace llava::cuda
