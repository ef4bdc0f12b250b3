#pragma once

#include <string>

#include "program/report.h"

namespace llava {

/// Folders of preprocessing: Pillow's resize, the geometry at 336 and 384 pixels, pools, token counts. @param images decoded RGB, see
/// GoldenCase
void run_preprocess(const std::string& folder, const std::string& images, CaseReport& report);

}  // namespace llava
