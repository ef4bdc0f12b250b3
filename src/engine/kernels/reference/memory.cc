// Memory and queues of the oracle: host memory, everything finished when a call returns.

#include <cstdlib>
#include <cstring>
#include <new>

#include "kernels/reference/reference_ops.h"
#include "support/error.h"

namespace llava {

namespace {

class DoneEvent : public Event {};

}  // namespace

DeviceInfo ReferenceOps::info() const {
  DeviceInfo info;
  info.kind = "reference";
  info.name = "plain loops";
  info.fingerprint = "reference";
  info.threads = 1;
  return info;
}

Buffer ReferenceOps::allocate(size_t bytes) {
  constexpr size_t kAlignment = 64;
  const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  void* data = std::aligned_alloc(kAlignment, rounded == 0 ? kAlignment : rounded);
  if (data == nullptr) {
    throw OutOfMemory("out of host memory: " + std::to_string(bytes) + " bytes were asked for", bytes, 0);
  }
  return Buffer(data, bytes, [](void* p) { std::free(p); });
}

Buffer ReferenceOps::allocate_host(size_t bytes) { return ReferenceOps::allocate(bytes); }

void ReferenceOps::upload(void* target, const void* source, size_t bytes, Queue) {
  if (bytes > 0) std::memcpy(target, source, bytes);
}
void ReferenceOps::download(void* target, const void* source, size_t bytes, Queue) {
  if (bytes > 0) std::memcpy(target, source, bytes);
}
void ReferenceOps::copy(void* target, const void* source, size_t bytes) {
  if (bytes > 0) std::memmove(target, source, bytes);
}
void ReferenceOps::fill_zero(void* target, size_t bytes) {
  if (bytes > 0) std::memset(target, 0, bytes);
}
void ReferenceOps::copy_from(Device&, void* target, const void* source, size_t bytes) {
  if (bytes > 0) std::memmove(target, source, bytes);
}

std::unique_ptr<Event> ReferenceOps::record(Queue) { return std::make_unique<DoneEvent>(); }
void ReferenceOps::wait(Queue, const Event&) {}
void ReferenceOps::synchronize(const Event&) {}
bool ReferenceOps::passed(const Event&) { return true; }
void ReferenceOps::synchronize() {}

size_t ReferenceOps::scratch_bytes(const Limits&) const { return 0; }
void ReferenceOps::reserve(const Limits&) {}
int64_t ReferenceOps::padded_rows(int64_t rows, Phase) const { return rows; }

std::unique_ptr<Ops> make_reference_ops() { return std::make_unique<ReferenceOps>(); }

}  // namespace llava
