// Rotation of rows by angles of their own: a head at a time, widened, turned and narrowed.

#include <vector>

#include "kernels/cpu/cpu_ops.h"

namespace llava::cpu {

void CpuOps::rotate_rows(const View& x, const float* cos, const float* sin, const AttentionShape& shape, Pairs pairs) {
  const auto element = static_cast<int64_t>(llava::size_of(x.dtype));
  const int64_t size = shape.head_size;
  const int64_t half = size / 2;
  for_rows(x.rows, x.cols * element, [&](int64_t first, int64_t rows) {
    std::vector<float> values(static_cast<size_t>(x.cols));
    std::vector<float> turned(static_cast<size_t>(x.cols));
    for (int64_t row = first; row < first + rows; ++row) {
      char* at = static_cast<char*>(x.data) + row * x.stride * element;
      kernels_.widen(at, x.dtype, x.cols, values.data());
      const float* c = cos + row * half;
      const float* s = sin + row * half;
      for (int64_t head = 0; head < x.cols; head += size) {
        const float* from = values.data() + head;
        float* to = turned.data() + head;
        if (pairs == Pairs::halves) {
          for (int64_t i = 0; i < half; ++i) {
            to[i] = from[i] * c[i] - from[i + half] * s[i];
            to[i + half] = from[i + half] * c[i] + from[i] * s[i];
          }
        } else {
          for (int64_t i = 0; i < size; i += 2) {
            to[i] = from[i] * c[i % half] - from[i + 1] * s[i % half];
            to[i + 1] = from[i + 1] * c[(i + 1) % half] + from[i] * s[(i + 1) % half];
          }
        }
      }
      kernels_.narrow(turned.data(), x.cols, x.dtype, at);
    }
  });
}

}  // namespace llava::cpu
