#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/config.h"
#include "models/image/resize.h"

namespace llava {

/// The uint8 tiles that the tower sees: [tiles, 3, S, S]; with anyres tile 0 is the whole image squeezed to S x S. Of images
/// of any size their patches: [patches, 3, P, P].
/// Throws Error for empty images and for images too large to pad to a square.
std::vector<uint8_t> make_tiles(const ModelConfig& config, AspectRatio aspect, const ImageView& image);

/// Normalised value of every byte: [3][256], float32(float64(u) * rescale), then (x - mean) / std in float32.
std::array<float, 768> normalisation_table(const ImageConfig& image);

}  // namespace llava
