#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace llava {

/// A field of /proc/self/status in bytes (RssAnon, VmHWM, ...); 0 where there is none.
int64_t process_memory(const std::string& field);

/// CPU seconds of all threads of this process.
double cpu_seconds();

/// The most anonymous memory this process has had since this object was made, looked at every 5 ms: the system keeps no
/// such peak (VmHWM counts the mapped pages of a checkpoint too).
class PeakAnonymous {
 public:
  PeakAnonymous();
  ~PeakAnonymous();
  int64_t bytes() const;

 private:
  std::atomic<bool> ended_ = false;
  std::atomic<int64_t> peak_ = 0;
  std::thread thread_;
};

}  // namespace llava
