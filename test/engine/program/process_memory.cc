#include "program/process_memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace llava {

int64_t process_memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stoll(line.substr(field.size() + 1)) * 1024;
  }
  return 0;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

PeakAnonymous::PeakAnonymous() {
  thread_ = std::thread([this] {
    while (!ended_) {
      peak_ = std::max<int64_t>(peak_, process_memory("RssAnon"));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
}

PeakAnonymous::~PeakAnonymous() {
  ended_ = true;
  thread_.join();
}

int64_t PeakAnonymous::bytes() const { return std::max<int64_t>(peak_, process_memory("RssAnon")); }

}  // namespace llava
