#pragma once

// From mapped files to the device while weights are loaded: two pinned buffers and two device buffers, so that reading
// the file, the bus and the conversion kernels work at the same time. All that loading takes of host memory.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "kernels/device.h"

namespace llava::cuda {

class Staging {
 public:
  explicit Staging(Device& device) : device_(device) {}

  /// Bytes as they are. Returns when `source` may go; the copy itself may still be under way.
  void send(void* target, const void* source, size_t bytes);

  /// Whole rows, some at a time: `place(staged, first, rows)` launches what reads the device copy of rows [first, first
  /// + rows) on the compute queue.
  using Place = std::function<void(const void* staged, int64_t first, int64_t rows)>;
  void send_rows(const void* source, int64_t rows, size_t row_bytes, const Place& place);

 private:
  struct Slot {
    Buffer pinned;
    Buffer staged;
    std::unique_ptr<Event> uploaded;  // the pinned buffer may be written again
    std::unique_ptr<Event> placed;    // the device buffer may be written again
  };
  /// The next slot, its pinned buffer filled with the bytes.
  Slot& fill(const void* source, size_t bytes);

  Device& device_;
  std::array<Slot, 2> slots_;
  size_t next_ = 0;
};

}  // namespace llava::cuda
