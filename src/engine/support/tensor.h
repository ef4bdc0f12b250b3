#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/dtype.h"

namespace llava {

/// A borrowed matrix in device memory: row r starts at data + r * stride elements. Never owns.
/// `data` is 64-byte aligned for whole buffers and at least 16-byte aligned for column slices;
/// stride * size_of(dtype) is a multiple of 16 bytes.
struct View {
  void* data = nullptr;
  DType dtype = DType::f32;
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t stride = 0;

  /// Columns [first, first + count) of every row.
  View columns(int64_t first, int64_t count) const {
    return {static_cast<char*>(data) + first * static_cast<int64_t>(size_of(dtype)), dtype, rows, count, stride};
  }
  /// Rows [first, first + count).
  View slice(int64_t first, int64_t count) const {
    return {static_cast<char*>(data) + first * stride * static_cast<int64_t>(size_of(dtype)), dtype, count, cols,
            stride};
  }
};

/// A borrowed, contiguous tensor in host memory, usually inside a mapped file. The mapping outlives every weight
/// object made from it, so a back end may keep the pointer instead of copying.
struct HostTensor {
  std::string name;  // as in the file, for messages
  const void* data = nullptr;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;

  int64_t count() const {
    int64_t product = 1;
    for (const int64_t extent : shape) product *= extent;
    return product;
  }
  size_t bytes() const { return static_cast<size_t>(count()) * size_of(dtype); }
};

}  // namespace llava
