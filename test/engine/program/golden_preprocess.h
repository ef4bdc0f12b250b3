#pragma once

#include <string>

#include "program/report.h"

namespace llava {

/// The preprocess/ folder: Pillow's resize, the 336-pixel geometry, token counts. @param images decoded RGB, see
/// GoldenCase
void run_preprocess(const std::string& folder, const std::string& images, CaseReport& report);

}  // namespace llava
