#include "models/image/smart_resize.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "support/error.h"

namespace llava {

namespace {

constexpr int64_t kLargestRatio = 200;

std::string words(Size size) { return std::to_string(size.width) + "x" + std::to_string(size.height); }

void require_shape(Size from) {
  const double longer = static_cast<double>(std::max(from.width, from.height));
  const double shorter = static_cast<double>(std::min(from.width, from.height));
  if (longer / shorter > static_cast<double>(kLargestRatio)) {
    throw Error("an image of " + words(from) + " pixels is more than " + std::to_string(kLargestRatio) +
                    " times as long as wide",
                "image", "The reference refuses it, too; crop it.");
  }
}

/// To the nearest multiple, halves to the even one (Python's round).
int64_t nearest(int64_t side, int64_t factor) {
  return static_cast<int64_t>(std::nearbyint(static_cast<double>(side) / static_cast<double>(factor))) * factor;
}

/// In the order of the reference's operations: exact multiples depend on it.
int64_t shrunk(int64_t side, double by, int64_t factor) {
  return static_cast<int64_t>(std::floor(static_cast<double>(side) / by / static_cast<double>(factor))) * factor;
}
int64_t grown(int64_t side, double by, int64_t factor) {
  return static_cast<int64_t>(std::ceil(static_cast<double>(side) * by / static_cast<double>(factor))) * factor;
}

/// Sides of `out` within the bounds; `least` is what a shrunk side has at least.
Size within(Size from, Size out, int64_t factor, const PixelBounds& bounds, int64_t least) {
  const auto area = static_cast<double>(from.height * from.width);
  if (out.width * out.height > bounds.most) {
    const double by = std::sqrt(area / static_cast<double>(bounds.most));
    return {std::max(least, shrunk(from.width, by, factor)), std::max(least, shrunk(from.height, by, factor))};
  }
  if (out.width * out.height < bounds.least) {
    const double by = std::sqrt(static_cast<double>(bounds.least) / area);
    return {grown(from.width, by, factor), grown(from.height, by, factor)};
  }
  return out;
}

}  // namespace

Size smart_resize(Size from, int64_t factor, const PixelBounds& bounds) {
  require_shape(from);
  return within(from, {nearest(from.width, factor), nearest(from.height, factor)}, factor, bounds, factor);
}

Size smart_resize_first(Size from, int64_t factor) {
  require_shape(from);
  const Size rounded = {std::max(factor, nearest(from.width, factor)), std::max(factor, nearest(from.height, factor))};
  const Size out = within(from, rounded, factor, kFirstBounds, 0);
  if (out.width == 0 || out.height == 0) {
    throw Error("qwen_vl_utils resizes an image of " + words(from) + " pixels to " + words(out), "image",
                "Leave its resize out, or crop the image.");
  }
  return out;
}

}  // namespace llava
