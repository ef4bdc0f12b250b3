// Rotation of rows by angles of their own.

#include "kernels/reference/elements.h"
#include "kernels/reference/reference_ops.h"

namespace llava {

void ReferenceOps::rotate_rows(const View& x, const float* cos, const float* sin, const AttentionShape& shape,
                               Pairs pairs) {
  const int64_t size = shape.head_size;
  const int64_t half = size / 2;
  std::vector<float> head(static_cast<size_t>(size));
  for (int64_t row = 0; row < x.rows; ++row) {
    for (int64_t first = 0; first < x.cols; first += size) {
      for (int64_t c = 0; c < size; ++c) head[static_cast<size_t>(c)] = get(x, row, first + c);
      for (int64_t c = 0; c < size; ++c) {
        const bool lower = pairs == Pairs::halves ? c < half : c % 2 == 0;
        const int64_t distance = pairs == Pairs::halves ? half : 1;
        const float other = lower ? -head[static_cast<size_t>(c + distance)] : head[static_cast<size_t>(c - distance)];
        const int64_t angle = row * half + c % half;
        set(x, row, first + c, head[static_cast<size_t>(c)] * cos[angle] + other * sin[angle]);
      }
    }
  }
}

}  // namespace llava
