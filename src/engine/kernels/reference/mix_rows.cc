// Rows made of four rows: shrinking and pooling of image vectors.

#include <algorithm>

#include "kernels/reference/elements.h"
#include "kernels/reference/reference_ops.h"

namespace llava {

void ReferenceOps::mix_rows(const View& x, const int32_t* source, const float* weight, int64_t count, const View* fill,
                            const View& out) {
  for (int64_t i = 0; i < count; ++i) {
    const int32_t* s = source + 4 * i;
    for (int64_t c = 0; c < out.cols; ++c) {
      if (s[0] < 0) {
        set(out, i, c, get(*fill, 0, c));
        continue;
      }
      float value = weight != nullptr ? 0.0f : get(x, s[0], c);
      for (int64_t j = 0; j < 4; ++j) {
        const float other = get(x, s[j], c);
        value = weight != nullptr ? value + weight[4 * i + j] * other : std::max(value, other);
      }
      set(out, i, c, value);
    }
  }
}

}  // namespace llava
