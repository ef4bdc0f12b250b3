#include "kernels/cuda/cublaslt_search.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace llava::cuda {

namespace {

void add_packages(std::vector<std::string>& paths, const std::filesystem::path& folder) {
  for (const char* file : {"nvidia/cu13/lib/libcublasLt.so.13", "nvidia/cublas/lib/libcublasLt.so.13",
                           "nvidia/cublas/lib/libcublasLt.so.12"}) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(folder / file, ignored)) paths.push_back((folder / file).string());
  }
}

/// lib/python3.X/site-packages below a prefix.
void add_prefix(std::vector<std::string>& paths, const std::filesystem::path& prefix) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(prefix / "lib", none)) {
    if (!entry.path().filename().string().starts_with("python3")) continue;
    add_packages(paths, entry.path() / "site-packages");
    add_packages(paths, entry.path() / "dist-packages");
  }
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

std::vector<std::string> cublaslt_search_paths() {
  std::vector<std::string> paths{"libcublasLt.so.13", "libcublasLt.so.12"};
  for (const std::string& folder : {variable("CUDA_PATH"), variable("CUDA_HOME"), std::string("/usr/local/cuda")}) {
    if (folder.empty()) continue;
    for (const char* file : {"/lib64/libcublasLt.so.13", "/lib64/libcublasLt.so.12"}) {
      std::error_code ignored;
      if (std::filesystem::is_regular_file(folder + file, ignored)) paths.push_back(folder + file);
    }
  }
  const std::string python = variable("PYTHONPATH");
  for (size_t at = 0; at < python.size();) {
    const size_t end = std::min(python.find(':', at), python.size());
    if (end > at) add_packages(paths, python.substr(at, end - at));
    at = end + 1;
  }
  for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    if (!variable(name).empty()) add_prefix(paths, variable(name));
  }
  if (!variable("HOME").empty()) add_prefix(paths, variable("HOME") + "/.local");
  for (const char* prefix : {"/usr/local", "/usr", "/usr/lib/python3", "/opt/conda", "/opt/venv"})
    add_prefix(paths, prefix);
  return paths;
}

}  // namespace llava::cuda
