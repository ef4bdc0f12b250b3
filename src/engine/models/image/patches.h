#pragma once

// Images of any size: no tiles, but patches in the order in which squares of them are merged.

#include <cstddef>
#include <span>
#include <vector>

#include "models/image/anyres.h"

namespace llava {

/// The patches and vectors of an image of any size. Throws Error for one that is more than 200 times as long as wide.
Arrangement arrange_patches(const ModelConfig& config, const Reading& reading, Size size);

/// [patches, 3, P, P] u8: squares of merge x merge patches row by row, their patches row by row.
std::vector<uint8_t> cut_patches(const ModelConfig& config, const ImageView& image);

/// Of a grid of patches in that order: row and column of each.
struct PatchPlace {
  int64_t row = 0;
  int64_t column = 0;
};
std::vector<PatchPlace> patch_places(int64_t rows, int64_t columns, int64_t merge);

/// A bound for the vectors of one image, whatever its size, and what an image takes indeed, at most.
int64_t most_merged_patches(const ModelConfig& config);
int64_t largest_merged_patches(const ModelConfig& config);

/// Rows of the tower for one image, at most, and for an image together with those before it that its vectors begin in (hub).
int64_t most_tower_rows(const ModelConfig& config);
int64_t most_state_rows(const ModelConfig& config);
/// The first of `sizes` that the vectors of the last one begin in; itself but with hub.
size_t first_needed(const ModelConfig& config, const Reading& reading, std::span<const Size> sizes);

}  // namespace llava
