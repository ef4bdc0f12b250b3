#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace llava::cuda {

/// Where cuBLASLt may be on this machine, best first. Bare names are for the loader. (The emulated toolkit has its own:
/// it must not find a real one.) `root` stands before /usr and /opt.
std::vector<std::string> cublaslt_search_paths(const std::filesystem::path& root = "/");

}  // namespace llava::cuda
