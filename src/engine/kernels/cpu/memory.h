#pragma once

#include <cstddef>

#include "kernels/device.h"

namespace llava::cpu {

/// Zeroed or unspecified host memory, 64-byte aligned; from 2 MiB on 2 MiB aligned and on huge pages where the system
/// has them (weights are read from end to end: fewer misses of the TLB). Pages are touched by whoever writes first.
/// Throws OutOfMemory.
Buffer allocate_memory(size_t bytes);

/// Bytes of the machine and bytes free for new allocations, 0 when unknown.
size_t memory_total();
size_t memory_free();

/// Scratch that grows to the largest request and then stays.
class Arena {
 public:
  /// At least `bytes` bytes, contents unspecified, valid until the next call.
  void* take(size_t bytes) {
    if (bytes > buffer_.bytes()) {
      buffer_ = Buffer();
      buffer_ = allocate_memory(bytes);
    }
    return buffer_.data();
  }
  size_t bytes() const { return buffer_.bytes(); }

 private:
  Buffer buffer_;
};

}  // namespace llava::cpu
