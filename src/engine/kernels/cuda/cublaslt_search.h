#pragma once

#include <string>
#include <vector>

namespace llava::cuda {

/// Where cuBLASLt may be on this machine, best first. Bare names are for the loader. (The emulated toolkit has its own:
/// it must not find a real one.)
std::vector<std::string> cublaslt_search_paths();

}  // namespace llava::cuda
