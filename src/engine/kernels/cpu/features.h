#pragma once

#include <string>
#include <vector>

#include "kernels/cpu/kernels.h"

namespace llava::cpu {

/// Names of the instruction sets this machine can run, best first; the last is "plain".
std::vector<std::string> usable_instruction_sets();

/// Kernels of one of them; "" = the best. Throws Error for one that does not exist or that this machine lacks.
const Kernels& choose_kernels(const std::string& name);

/// "AMD EPYC 9R14", or the architecture's name when the machine does not tell.
std::string cpu_name();

/// Cores this process may use (affinity and, where set, the cgroup's quota), at least 1.
int usable_cores();

}  // namespace llava::cpu
