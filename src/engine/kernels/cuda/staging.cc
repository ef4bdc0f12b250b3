#include "kernels/cuda/staging.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace llava::cuda {

namespace {

constexpr size_t kPiece = 32 << 20;  // large enough for the full rate of the bus, small enough to begin at once

/// Buffers grow to what is asked for, so that small models pin little.
size_t room_for(size_t bytes) { return std::bit_ceil(std::max<size_t>(bytes, 64 << 10)); }

}  // namespace

Staging::Slot& Staging::fill(const void* source, size_t bytes) {
  Slot& slot = slots_[next_++ % slots_.size()];
  if (slot.uploaded) device_.synchronize(*slot.uploaded);
  if (slot.pinned.bytes() < bytes) {
    slot.pinned = Buffer();
    slot.pinned = device_.allocate_host(room_for(bytes));
  }
  std::memcpy(slot.pinned.data(), source, bytes);
  return slot;
}

void Staging::send(void* target, const void* source, size_t bytes) {
  for (size_t at = 0; at < bytes; at += kPiece) {
    const size_t piece = std::min(kPiece, bytes - at);
    Slot& slot = fill(static_cast<const char*>(source) + at, piece);
    device_.upload(static_cast<char*>(target) + at, slot.pinned.data(), piece, Queue::upload);
    slot.uploaded = device_.record(Queue::upload);
  }
}

void Staging::send_rows(const void* source, int64_t rows, size_t row_bytes, const Place& place) {
  const int64_t together = std::max<int64_t>(1, static_cast<int64_t>(kPiece / row_bytes));
  for (int64_t first = 0; first < rows; first += together) {
    const int64_t count = std::min(together, rows - first);
    const size_t bytes = static_cast<size_t>(count) * row_bytes;
    Slot& slot = fill(static_cast<const char*>(source) + static_cast<size_t>(first) * row_bytes, bytes);
    if (slot.staged.bytes() < bytes) {
      if (slot.placed) device_.synchronize(*slot.placed);
      slot.staged = Buffer();
      slot.staged = device_.allocate(room_for(bytes));
    }
    if (slot.placed) device_.wait(Queue::upload, *slot.placed);
    device_.upload(slot.staged.data(), slot.pinned.data(), bytes, Queue::upload);
    slot.uploaded = device_.record(Queue::upload);
    device_.wait(Queue::compute, *slot.uploaded);
    place(slot.staged.data(), first, count);
    slot.placed = device_.record(Queue::compute);
  }
}

}  // namespace llava::cuda
