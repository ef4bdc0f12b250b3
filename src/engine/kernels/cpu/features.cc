#include "kernels/cpu/features.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "kernels/cpu/target.h"
#include "support/error.h"

namespace llava::cpu {

namespace {

struct Set {
  const char* name;
  bool usable;
  const Kernels& (*kernels)();
};

/// Best first.
std::vector<Set> instruction_sets() {
  std::vector<Set> sets;
#if defined(__x86_64__)
  const bool avx2 = LLAVA_TARGET_USABLE("avx2") && LLAVA_TARGET_USABLE("fma") && LLAVA_TARGET_USABLE("f16c");
  const bool avx512 = avx2 && LLAVA_TARGET_USABLE("avx512f") && LLAVA_TARGET_USABLE("avx512bw") &&
                      LLAVA_TARGET_USABLE("avx512dq") && LLAVA_TARGET_USABLE("avx512vl");
  sets.push_back({"avx512bf16", avx512 && LLAVA_TARGET_USABLE("avx512bf16"), avx512bf16_kernels});
  sets.push_back({"avx512", avx512, avx512_kernels});
  sets.push_back({"avx2", avx2, avx2_kernels});
#endif
  sets.push_back({"plain", true, plain_kernels});
  return sets;
}

#if defined(__linux__)
/// Whole cores of a cgroup v2 quota, or 0 without one.
int quota_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0.0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0.0) return 0;
  double microseconds = 0.0;
  std::istringstream(quota) >> microseconds;
  return static_cast<int>(std::ceil(microseconds / period));
}
#endif

}  // namespace

std::vector<std::string> usable_instruction_sets() {
  std::vector<std::string> names;
  for (const Set& set : instruction_sets()) {
    if (set.usable) names.emplace_back(set.name);
  }
  return names;
}

const Kernels& choose_kernels(const std::string& name) {
  for (const Set& set : instruction_sets()) {
    if (name.empty() ? set.usable : name == set.name) {
      if (set.usable) return set.kernels();
      throw Error("this CPU has no " + name, "instruction set " + name, "Leave it out: the best usable one is chosen.");
    }
  }
  throw Error("'" + name + "' is no instruction set", "instruction set", "Write avx512bf16, avx512, avx2 or plain.");
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const size_t colon = line.find(':');
    if (colon == std::string::npos) break;
    const size_t first = line.find_first_not_of(" \t", colon + 1);
    if (first != std::string::npos) return line.substr(first, line.find_last_not_of(" \t") - first + 1);
  }
#if defined(__x86_64__)
  return "x86-64";
#elif defined(__aarch64__)
  return "AArch64";
#else
  return "CPU";
#endif
}

int usable_cores() {
  int cores = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  if (const int quota = quota_cores(); quota > 0) cores = std::min(cores, quota);
#endif
  return std::max(cores, 1);
}

}  // namespace llava::cpu
