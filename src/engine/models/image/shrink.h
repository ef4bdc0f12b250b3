#pragma once

// Smaller maps of image vectors: what anyres_max_k does to an image with too many, and pooling to a frame of a clip.

#include <cstdint>
#include <vector>

#include "models/config.h"

namespace llava {

/// Vectors of a smaller map, each made of four of the larger one (Ops::mix_rows): indices row * columns + column, and
/// their weights, four a vector; no weights: the largest of the four.
struct Mixture {
  std::vector<int32_t> source;
  std::vector<float> weight;
};

/// int(length // times) of Python, which is not floor(length / times): the remainder is taken first, and a quotient that
/// rounds up to a whole number is one less. Published token counts depend on it (50 // 1.1111111111111112 is 44).
int64_t floor_quotient(int64_t length, double times);

/// Bilinear, half-pixel centres, no antialiasing, clamped at the edges; coordinates in float32. Source: the behaviour of
/// torch.nn.functional.interpolate(map, size, mode="bilinear").
Mixture shrink_bilinear(int64_t rows, int64_t columns, int64_t to_rows, int64_t to_columns);

/// Side of a pooled map: bilinear ceil(side / 2), average and max floor(side / 2).
int64_t pooled_side(int64_t side, Pool pool);
/// 2 x 2 pooling of a square map by stride 2; an odd last row and column count for bilinear alone.
Mixture pool_map(int64_t side, Pool pool);

}  // namespace llava
