#pragma once

#include <string>
#include <vector>

#include "program/report.h"

namespace llava {

struct GoldenOptions {
  std::string device = "cpu";  // or several with commas between them: pipeline stages
  std::string images_folder;   // where <case>.safetensors with decoded RGB lie, when not inside the case folders
  std::string instructions;    // of the CPU; empty = the best
  int64_t longest = 0;         // prompts with more positions are left out; 0 = none
};

/// Every known folder at or below `folder`: cases (config.json + expected.json), native siblings (NAME-native beside
/// NAME), preprocess. Throws Error for a folder that is none of these and has none below, and for zero cases.
std::vector<CaseReport> run_golden(const std::string& folder, const GoldenOptions& options);

}  // namespace llava
