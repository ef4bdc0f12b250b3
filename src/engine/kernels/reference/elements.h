#pragma once

#include "support/tensor.h"

namespace llava {

/// Element (r, c) of a view of f32, bf16 or f16, widened.
inline float get(const View& view, int64_t r, int64_t c) {
  return load_float(view.data, view.dtype, r * view.stride + c);
}

/// Sets element (r, c), rounding to the view's type.
inline void set(const View& view, int64_t r, int64_t c, float value) {
  store_float(view.data, view.dtype, r * view.stride + c, value);
}

}  // namespace llava
