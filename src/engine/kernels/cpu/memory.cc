#include "kernels/cpu/memory.h"

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "support/error.h"

namespace llava::cpu {

namespace {

constexpr size_t kAlignment = 64;

[[noreturn]] void fail(size_t bytes) {
  throw OutOfMemory("out of host memory: " + std::to_string(bytes) + " bytes were asked for", bytes, memory_free());
}

/// Value in bytes of a line of /proc/meminfo, 0 when it is not there.
size_t meminfo(const std::string& key) {
  std::ifstream file("/proc/meminfo");
  std::string name;
  size_t kibibytes = 0;
  std::string unit;
  while (file >> name >> kibibytes && std::getline(file, unit)) {
    if (name == key) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

size_t memory_total() { return meminfo("MemTotal:"); }
size_t memory_free() { return meminfo("MemAvailable:"); }

Buffer allocate_memory(size_t bytes) {
  if (bytes > SIZE_MAX / 2) fail(bytes);
#if defined(__linux__)
  constexpr size_t kHuge = size_t{2} << 20;
  if (bytes >= kHuge) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t size = (bytes + page - 1) / page * page;
    void* raw = mmap(nullptr, size + kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (raw == MAP_FAILED) fail(bytes);
    const auto at = reinterpret_cast<uintptr_t>(raw);
    const uintptr_t start = (at + kHuge - 1) / kHuge * kHuge;
    if (start > at) munmap(raw, start - at);
    if (const size_t after = at + kHuge - start; after > 0) munmap(reinterpret_cast<void*>(start + size), after);
    auto* data = reinterpret_cast<void*>(start);
    madvise(data, size, MADV_HUGEPAGE);
    return Buffer(data, bytes, [size](void* p) { munmap(p, size); });
  }
#endif
  const size_t rounded = bytes == 0 ? kAlignment : (bytes + kAlignment - 1) / kAlignment * kAlignment;
  void* data = std::aligned_alloc(kAlignment, rounded);
  if (data == nullptr) fail(bytes);
  return Buffer(data, bytes, [](void* p) { std::free(p); });
}

}  // namespace llava::cpu
