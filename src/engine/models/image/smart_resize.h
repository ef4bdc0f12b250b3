#pragma once

#include <cstdint>

namespace llava {

struct Size {
  int64_t width = 0;
  int64_t height = 0;
  bool operator==(const Size&) const = default;
};

/// How many pixels a resized image has, at least and at most.
struct PixelBounds {
  int64_t least = 3136;
  int64_t most = 1003520;
};
/// Those of qwen_vl_utils.
inline constexpr PixelBounds kFirstBounds{3136, 12845056};

/// The size that an image takes: both sides multiples of `factor`, the shape kept as well as that allows, the area within
/// the bounds. Source: the behaviour of smart_resize in transformers' Qwen2-VL image processor. Throws Error for an image
/// more than 200 times as long as wide.
Size smart_resize(Size from, int64_t factor, const PixelBounds& bounds);

/// The same of qwen_vl_utils, which published numbers send images through first: sides that round to nothing are one
/// factor long before the bounds are looked at, and those of a large image may become 0 (then it throws, as Pillow does).
Size smart_resize_first(Size from, int64_t factor);

}  // namespace llava
