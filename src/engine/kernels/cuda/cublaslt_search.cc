#include "kernels/cuda/cublaslt_search.h"

#include <algorithm>
#include <cstdlib>

namespace llava::cuda {

namespace {

namespace fs = std::filesystem;

class Search {
 public:
  /// A library of CUDA 13 before one of CUDA 12.
  void toolkit(const fs::path& folder) {
    for (const char* name : {"libcublasLt.so.13", "libcublasLt.so.12"}) {
      for (const char* lib : {"lib64", "lib"}) add(folder / lib / name);
    }
  }
  void packages(const fs::path& folder) {
    for (const char* file : {"nvidia/cu13/lib/libcublasLt.so.13", "nvidia/cublas/lib/libcublasLt.so.13",
                             "nvidia/cublas/lib/libcublasLt.so.12"})
      add(folder / file);
  }
  /// lib/python3.X/site-packages below what Python calls sys.prefix.
  void prefix(const fs::path& prefix) {
    for (const fs::path& folder : children(prefix / "lib")) {
      if (!folder.filename().string().starts_with("python3")) continue;
      packages(folder / "site-packages");
      packages(folder / "dist-packages");
    }
  }

  /// In order of their names.
  static std::vector<fs::path> children(const fs::path& folder) {
    std::error_code none;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder, none)) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
  }

  std::vector<std::string> paths{"libcublasLt.so.13", "libcublasLt.so.12"};

 private:
  void add(const fs::path& file) {
    std::error_code none;
    const std::string text = file.lexically_normal().string();
    if (fs::is_regular_file(file, none) && std::ranges::find(paths, text) == paths.end()) paths.push_back(text);
  }
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::vector<std::string> parts(const std::string& list) {
  std::vector<std::string> found;
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find(':', at), list.size());
    if (end > at) found.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return found;
}

}  // namespace

std::vector<std::string> cublaslt_search_paths(const fs::path& root) {
  Search search;
  for (const char* name : {"CUDA_PATH", "CUDA_HOME"}) {
    if (!variable(name).empty()) search.toolkit(variable(name));
  }
  search.toolkit(root / "usr/local/cuda");
  for (const std::string& folder : parts(variable("PYTHONPATH"))) search.packages(folder);
  for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    if (!variable(name).empty()) search.prefix(variable(name));
  }
  // sys.prefix of `python3`: where it lies, when that is an environment (there it is a link), else where it leads.
  for (const std::string& folder : parts(variable("PATH"))) {
    const fs::path python = fs::path(folder) / "python3";
    std::error_code none;
    if (!fs::exists(python, none)) continue;
    search.prefix(python.parent_path().parent_path());
    search.prefix(fs::weakly_canonical(python, none).parent_path().parent_path());
    break;
  }
  if (!variable("HOME").empty()) search.prefix(fs::path(variable("HOME")) / ".local");
  for (const char* prefix : {"usr/local", "usr"}) search.prefix(root / prefix);
  for (const fs::path& folder : Search::children(root / "opt")) {
    search.toolkit(folder);
    search.prefix(folder);
    search.prefix(folder / ".venv");
  }
  for (const fs::path& folder : Search::children(root / "usr/local")) {
    if (folder.filename().string().starts_with("cuda-")) search.toolkit(folder);
  }
  return search.paths;
}

}  // namespace llava::cuda
