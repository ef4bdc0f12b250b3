#pragma once

#include <cstdint>
#include <vector>

#include "models/config.h"

namespace llava {

/// How one image of a given size is cut into tiles and which visual tokens remain.
struct Arrangement {
  Reading reading;
  Size resized;              // of any size: what its patches are cut from; rows and columns are those of its patches
  int64_t grid_columns = 0;  // tiles of the canvas; 0 x 0 without anyres
  int64_t grid_rows = 0;
  int64_t tiles = 1;      // base included
  int64_t first_row = 0;  // kept rectangle of the joined patch map
  int64_t rows = 0;
  int64_t first_column = 0;
  int64_t columns = 0;
  bool shrunk = false;  // anyres_max_k: the kept rectangle becomes to_rows x to_columns
  int64_t to_rows = 0;
  int64_t to_columns = 0;
  int64_t patches() const { return rows * columns; }
  int64_t tokens = 0;  // visual vectors, newlines included
};

/// The canvas (width, height) for an image: largest effective resolution, then least waste, ties to the earlier entry.
std::pair<int64_t, int64_t> choose_canvas(const ImageConfig& image, int64_t width, int64_t height);

Arrangement arrange(const ModelConfig& config, const Reading& reading, int64_t width, int64_t height);

/// A bound for the tokens of one image or frame, whatever its size; what an image takes indeed, at most; the most tiles.
int64_t most_tokens(const ModelConfig& config);
int64_t most_image_tokens(const ModelConfig& config);
int64_t most_tiles(const ModelConfig& config);

/// For each visual token of an image its row among the tower's rows [tiles * (1 + P)], or -1 for a newline. The tower's
/// class rows stay in the matrix and are simply not picked (or are, when the select feature keeps them). Mixed: four
/// rows a token, all -1 for a newline, and four weights, or none for the largest of the four (Ops::mix_rows).
struct Packing {
  std::vector<int32_t> source;
  std::vector<float> weight;
  bool mixed = false;
  int64_t tokens() const { return static_cast<int64_t>(source.size()) / (mixed ? 4 : 1); }
};

/// Of projected rows. Frames that are pooled before the projector have pooled rows: m * m a tile.
Packing packing(const ModelConfig& config, const Arrangement& arrangement);

}  // namespace llava
