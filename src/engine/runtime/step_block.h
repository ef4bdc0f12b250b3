#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/ops.h"

namespace llava {

/// An array of one step inside a block of memory; the block may lie on the host and on several devices.
template <typename T>
struct Slice {
  size_t offset = 0;  // bytes, a multiple of 64
  size_t count = 0;

  T* in(const Buffer& buffer) const { return reinterpret_cast<T*>(buffer.as<char>() + offset); }
};

/// Lays arrays one behind the other. Each begins at a multiple of 64 bytes.
class SliceLayout {
 public:
  void clear() { used_ = 0; }
  size_t bytes() const { return used_; }

  template <typename T>
  Slice<T> take(size_t count) {
    const Slice<T> slice{used_, count};
    used_ += (count * sizeof(T) + 63) / 64 * 64;
    return slice;
  }

 private:
  size_t used_ = 0;
};

/// The index arrays of one step: put together in pinned host memory, uploaded once to every stage's device, and read
/// there at the same offsets. Reused when the step has finished.
class StepBlock {
 public:
  explicit StepBlock(std::vector<Ops*> devices) : devices_(std::move(devices)), device_(devices_.size()) {}

  void clear() { layout_.clear(); }

  /// Room for `count` elements; fill through host(). Pointers to arrays taken before are no longer valid.
  template <typename T>
  Slice<T> take(size_t count) {
    const Slice<T> slice = layout_.take<T>(count);
    if (layout_.bytes() > host_.bytes()) grow();
    return slice;
  }
  template <typename T>
  Slice<T> add(const std::vector<T>& values) {
    const Slice<T> slice = take<T>(values.size());
    std::copy(values.begin(), values.end(), host(slice));
    return slice;
  }
  template <typename T>
  T* host(Slice<T> slice) const {
    return slice.in(host_);
  }
  template <typename T>
  T* device(size_t stage, Slice<T> slice) const {
    return slice.in(device_[stage]);
  }

  /// Sends everything taken so far to every device.
  void upload() {
    for (size_t i = 0; i < devices_.size(); ++i) {
      if (device_[i].bytes() < host_.bytes()) {
        devices_[i]->synchronize();  // the old block may still be read; growth is rare
        device_[i] = devices_[i]->allocate(host_.bytes());
        devices_[i]->forget_graphs();
      }
      if (layout_.bytes() > 0) devices_[i]->upload(device_[i].data(), host_.data(), layout_.bytes());
    }
  }

 private:
  void grow() {
    Buffer larger = devices_[0]->allocate_host(std::max<size_t>(2 * layout_.bytes(), 1 << 16));
    if (host_.data() != nullptr) std::memcpy(larger.data(), host_.data(), host_.bytes());
    host_ = std::move(larger);
  }

  std::vector<Ops*> devices_;
  std::vector<Buffer> device_;
  Buffer host_;
  SliceLayout layout_;
};

}  // namespace llava
