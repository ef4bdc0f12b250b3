#pragma once

#include <cstdint>
#include <vector>

#include "models/config.h"

namespace llava {

/// cos and sin of every position and frequency, [positions, head_size / 2] float32, before rounding to the work type.
/// Frequencies are float32 as in the reference; angle = float32(position * frequency).
struct RopeTables {
  std::vector<float> cos;
  std::vector<float> sin;
};
RopeTables make_rope_tables(const TextConfig& text, int64_t positions);

}  // namespace llava
