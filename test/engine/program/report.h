#pragma once

#include <string>
#include <vector>

#include "support/json.h"

namespace llava {

/// One line of a golden table: how many comparisons a stage had, the largest difference, and what was allowed.
struct Stage {
  std::string name;
  int64_t compared = 0;  // tensors, digests or id lists
  int64_t failed = 0;
  double worst = 0.0;
  double tolerance = 0.0;
  std::string note;  // of the first failure
};

/// Results of one case, collected stage by stage in the order of first use.
class CaseReport {
 public:
  explicit CaseReport(std::string name) : name_(std::move(name)) {}

  /// A numeric comparison.
  void difference(const std::string& stage, const std::string& what, double largest, double tolerance);
  /// An exact comparison.
  void equal(const std::string& stage, const std::string& what, bool same);
  /// A comparison that could not be made.
  void broken(const std::string& stage, const std::string& what);

  const std::string& name() const { return name_; }
  const std::vector<Stage>& stages() const { return stages_; }
  bool passed() const;
  std::string table() const;
  Json json() const;

 private:
  Stage& at(const std::string& stage, double tolerance);

  std::string name_;
  std::vector<Stage> stages_;
};

}  // namespace llava
