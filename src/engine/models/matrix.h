#pragma once

#include <algorithm>

#include "kernels/ops.h"

namespace llava {

/// An activation matrix that owns its device memory, with room for the padding of either phase.
class Matrix {
 public:
  Matrix() = default;
  Matrix(Ops& ops, int64_t rows, int64_t cols, DType dtype) {
    const auto per_16_bytes = static_cast<int64_t>(16 / size_of(dtype));
    const int64_t stride = (cols + per_16_bytes - 1) / per_16_bytes * per_16_bytes;
    const int64_t capacity =
        std::max({ops.padded_rows(rows, Phase::prefill), ops.padded_rows(rows, Phase::decode), int64_t{1}});
    buffer_ = ops.allocate(static_cast<size_t>(capacity * stride) * size_of(dtype));
    view_ = {buffer_.data(), dtype, rows, cols, stride};
  }

  /// The first `rows` rows.
  View view(int64_t rows) const { return view_.slice(0, rows); }
  const View& whole() const { return view_; }
  size_t bytes() const { return buffer_.bytes(); }

 private:
  Buffer buffer_;
  View view_;
};

}  // namespace llava
