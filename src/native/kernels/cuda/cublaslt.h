#pragma once

#include <memory>
#include <string>

namespace llava::cuda {

class CublasLt {
 public:
  static std::unique_ptr<CublasLt> open(const std::string& path);
  std::string version() const;
};

}  // namespace llava::cuda
