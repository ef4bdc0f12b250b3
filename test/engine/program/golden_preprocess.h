#pragma once

#include <string>

#include "models/config.h"
#include "models/image/resize.h"

#include "program/report.h"

namespace llava {

/// Folders of preprocessing: Pillow's resize, the geometry at 336 and 384 pixels, pools, token counts. @param images decoded RGB, see
/// GoldenCase
void run_preprocess(const std::string& folder, const std::string& images, CaseReport& report);

/// SHA-256 of an image's patches, normalised: what the reference's processor hands over.
std::string patch_digest(const ModelConfig& config, const ImageView& image);

}  // namespace llava
