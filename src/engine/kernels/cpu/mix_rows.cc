// Rows made of four rows: shrinking and pooling of image vectors. Memory bound: four rows read, one written.

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/cpu/cpu_ops.h"

namespace llava::cpu {

void CpuOps::mix_rows(const View& x, const int32_t* source, const float* weight, int64_t count, const View* fill,
                      const View& out) {
  const auto element = static_cast<int64_t>(llava::size_of(out.dtype));
  const int64_t width = out.cols;
  const auto row_at = [&](const View& view, int64_t row) {
    return static_cast<char*>(view.data) + row * view.stride * element;
  };
  for_rows(count, 4 * width * element, [&](int64_t first, int64_t rows) {
    std::vector<float> sum(static_cast<size_t>(width));
    std::vector<float> values(static_cast<size_t>(width));
    for (int64_t i = first; i < first + rows; ++i) {
      const int32_t* s = source + 4 * i;
      if (s[0] < 0) {
        std::memcpy(row_at(out, i), fill->data, static_cast<size_t>(width * element));
        continue;
      }
      for (int64_t j = 0; j < 4; ++j) {
        kernels_.widen(row_at(x, s[j]), x.dtype, width, values.data());
        const float w = weight != nullptr ? weight[4 * i + j] : 1.0f;
        if (j == 0) {
          for (size_t c = 0; c < sum.size(); ++c) sum[c] = w * values[c];
        } else if (weight != nullptr) {
          for (size_t c = 0; c < sum.size(); ++c) sum[c] += w * values[c];
        } else {
          for (size_t c = 0; c < sum.size(); ++c) sum[c] = std::max(sum[c], values[c]);
        }
      }
      kernels_.narrow(sum.data(), width, out.dtype, row_at(out, i));
    }
  });
}

}  // namespace llava::cpu
