// Norms, the gated activation, and row copies.

#include <cmath>
#include <cstring>

#include "kernels/reference/elements.h"
#include "kernels/reference/reference_ops.h"

namespace llava {

void ReferenceOps::rms_norm(const View& x, const View& weight, float eps, const View& out) {
  const int64_t width = weight.cols;
  for (int64_t r = 0; r < x.rows; ++r) {
    for (int64_t first = 0; first < x.cols; first += width) {
      double squares = 0.0;
      for (int64_t c = first; c < first + width; ++c) squares += static_cast<double>(get(x, r, c)) * get(x, r, c);
      const auto scale = static_cast<float>(1.0 / std::sqrt(squares / static_cast<double>(width) + eps));
      for (int64_t c = first; c < first + width; ++c) {
        set(out, r, c, get(weight, 0, c - first) * round_to(out.dtype, get(x, r, c) * scale));
      }
    }
  }
}

void ReferenceOps::layer_norm(const View& x, const View& weight, const View& bias, float eps, const View& out) {
  for (int64_t r = 0; r < x.rows; ++r) {
    double mean = 0.0;
    for (int64_t c = 0; c < x.cols; ++c) mean += get(x, r, c);
    mean /= static_cast<double>(x.cols);
    double variance = 0.0;
    for (int64_t c = 0; c < x.cols; ++c) {
      const double d = get(x, r, c) - mean;
      variance += d * d;
    }
    variance /= static_cast<double>(x.cols);
    const double scale = 1.0 / std::sqrt(variance + eps);
    for (int64_t c = 0; c < x.cols; ++c) {
      const auto normal = static_cast<float>((get(x, r, c) - mean) * scale);
      set(out, r, c, normal * get(weight, 0, c) + get(bias, 0, c));
    }
  }
}

void ReferenceOps::silu_mul(const View& x, const View& out) {
  for (int64_t r = 0; r < x.rows; ++r) {
    for (int64_t c = 0; c < out.cols; ++c) {
      const float gate = get(x, r, c);
      set(out, r, c, round_to(out.dtype, gate / (1.0f + std::exp(-gate))) * get(x, r, out.cols + c));
    }
  }
}

void ReferenceOps::embed(const Table& table, const int32_t* ids, int64_t count, const View& out) {
  const auto& t = static_cast<const ReferenceTable&>(table);
  for (int64_t i = 0; i < count; ++i) {
    if (ids[i] < 0) continue;
    const float* row = t.values_.data() + ids[i] * t.width_;
    for (int64_t c = 0; c < t.width_; ++c) set(out, i, c, row[c]);
  }
}

void ReferenceOps::gather_rows(const View& x, const int32_t* source, const int32_t* target, int64_t count,
                               const View* fill, const View& out) {
  const size_t element = size_of(x.dtype);
  const auto row_bytes = static_cast<size_t>(out.cols) * element;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t to = target != nullptr ? target[i] : i;
    const void* from = source[i] >= 0
                           ? static_cast<const char*>(x.data) + source[i] * x.stride * static_cast<int64_t>(element)
                           : fill->data;
    std::memcpy(static_cast<char*>(out.data) + to * out.stride * static_cast<int64_t>(element), from, row_bytes);
  }
}

}  // namespace llava
