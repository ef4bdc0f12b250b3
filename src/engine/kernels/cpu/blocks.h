#pragma once

// How ops are cut into tasks. None of these numbers can change a bit of a result, except kSplitTokens.

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/kernels.h"

namespace llava::cpu {

/// Rows of activations that are packed together: bounds scratch; weights are read once per group.
inline constexpr int64_t kRowGroup = 768;
/// Rows of one product task: a k block of them (200 KiB of floats) stays in L2; 577 rows of a tower tile are three
/// blocks.
inline constexpr int64_t kRowBlock = 200;
/// Most panels of one product task: its accumulators (96 KiB) share L2 with the rows.
inline constexpr int64_t kPanelBlock = 8;

/// Query rows of one attention task: every tile of keys is transposed once for all of them.
inline constexpr int64_t kBlockRows = 256;

/// Decode attention merges partial results of this many keys; borders are absolute positions.
inline constexpr int64_t kSplitTokens = 1024;

/// Scratch of one attention worker: queries, sums, largest, total, scores, keys, values, limits.
inline constexpr size_t kAttentionBytes =
    static_cast<size_t>(2 * kBlockRows * kHeadStride + 2 * kBlockRows + kScoreRows * kPageTokens +
                        2 * kPageTokens * kHeadStride + 2 * kBlockRows) *
    sizeof(float);

/// Partial results of decode attention: sums [kHeadStride], largest, total for every row, head and split.
inline constexpr size_t partial_bytes(int64_t rows, int64_t heads, int64_t context) {
  const int64_t splits = (context + kSplitTokens - 1) / kSplitTokens;
  return static_cast<size_t>(rows * heads * splits * (kHeadStride + 2)) * sizeof(float);
}

}  // namespace llava::cpu
