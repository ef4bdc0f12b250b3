#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "kernels/ops.h"

namespace llava {

/// The index arrays of one step: put together in pinned host memory, uploaded once to every stage's device, and read
/// there at the same offsets. Reused when the step has finished.
class StepBlock {
 public:
  explicit StepBlock(std::vector<Ops*> devices) : devices_(std::move(devices)), device_(devices_.size()) {}

  void clear() { used_ = 0; }

  /// Room for `count` elements; fill through host<T>(offset). Offsets are multiples of 64 bytes.
  template <typename T>
  size_t take(size_t count) {
    const size_t offset = used_;
    used_ += (count * sizeof(T) + 63) / 64 * 64;
    if (used_ > host_.bytes()) grow();
    return offset;
  }
  template <typename T>
  size_t add(std::span<const T> values) {
    const size_t offset = take<T>(values.size());
    if (!values.empty()) std::memcpy(host_.as<char>() + offset, values.data(), values.size_bytes());
    return offset;
  }
  template <typename T>
  T* host(size_t offset) {
    return reinterpret_cast<T*>(host_.as<char>() + offset);
  }

  /// Sends everything taken so far to every device.
  void upload() {
    for (size_t i = 0; i < devices_.size(); ++i) {
      if (device_[i].bytes() < host_.bytes()) {
        devices_[i]->synchronize();  // the old block may still be read; growth is rare
        device_[i] = devices_[i]->allocate(host_.bytes());
        devices_[i]->forget_graphs();
      }
      if (used_ > 0) devices_[i]->upload(device_[i].data(), host_.data(), used_);
    }
  }
  template <typename T>
  T* device(size_t stage, size_t offset) const {
    return reinterpret_cast<T*>(device_[stage].as<char>() + offset);
  }

 private:
  void grow() {
    Buffer larger = devices_[0]->allocate_host(std::max<size_t>(2 * used_, 1 << 16));
    if (host_.data() != nullptr) std::memcpy(larger.data(), host_.data(), host_.bytes());
    host_ = std::move(larger);
  }

  std::vector<Ops*> devices_;
  std::vector<Buffer> device_;
  Buffer host_;
  size_t used_ = 0;
};

}  // namespace llava
