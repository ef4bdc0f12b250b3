#include "models/image/anyres.h"

#include <algorithm>

namespace llava {

std::pair<int64_t, int64_t> choose_canvas(const ImageConfig& image, int64_t width, int64_t height) {
  std::pair<int64_t, int64_t> best;
  int64_t most = -1;
  int64_t least_waste = 0;
  for (const auto& [a, b] : image.grid) {
    const int64_t w = image.grid_order == GridOrder::wh ? a : b;
    const int64_t h = image.grid_order == GridOrder::wh ? b : a;
    const double scale = std::min(static_cast<double>(w) / static_cast<double>(width),
                                  static_cast<double>(h) / static_cast<double>(height));
    const auto scaled_w = static_cast<int64_t>(static_cast<double>(width) * scale);
    const auto scaled_h = static_cast<int64_t>(static_cast<double>(height) * scale);
    const int64_t effective = std::min(scaled_w * scaled_h, width * height);
    const int64_t waste = w * h - effective;
    if (effective > most || (effective == most && waste < least_waste)) {
      most = effective;
      least_waste = waste;
      best = {w, h};
    }
  }
  return best;
}

namespace {

/// length * (extent / over), truncated. The reference rounds the quotient to float64 before the product; later releases
/// of transformers round the result to 7 decimals first, which equals exact integer arithmetic.
int64_t scaled_length(int64_t length, int64_t extent, int64_t over, UnpadRounding rounding) {
  if (rounding == UnpadRounding::round7) return length * extent / over;
  return static_cast<int64_t>(static_cast<double>(length) * (static_cast<double>(extent) / static_cast<double>(over)));
}

/// Cuts the padding off the joined map (spatial_unpad).
void unpad(Arrangement& a, int64_t width, int64_t height, UnpadRounding rounding) {
  const int64_t columns = a.columns;
  const int64_t rows = a.rows;
  if (static_cast<double>(width) / static_cast<double>(height) >
      static_cast<double>(columns) / static_cast<double>(rows)) {
    const int64_t k = (rows - scaled_length(height, columns, width, rounding)) / 2;
    a.first_row = k;
    a.rows = std::max<int64_t>(rows - 2 * k, 0);
  } else {
    const int64_t k = (columns - scaled_length(width, rows, height, rounding)) / 2;
    a.first_column = k;
    a.columns = std::max<int64_t>(columns - 2 * k, 0);
  }
}

}  // namespace

Arrangement arrange(const ModelConfig& config, int64_t width, int64_t height) {
  const ImageConfig& image = config.image;
  const int64_t per_tile = config.vision.patches() + (config.vision.keep_class ? 1 : 0);
  Arrangement a;
  if (!config.anyres()) {
    a.tokens = per_tile + (image.merge == MergeType::spatial_unpad ? 1 : 0);
    return a;
  }
  const auto [canvas_w, canvas_h] = choose_canvas(image, width, height);
  a.grid_columns = canvas_w / config.vision.image_size;
  a.grid_rows = canvas_h / config.vision.image_size;
  a.tiles = 1 + a.grid_columns * a.grid_rows;
  if (image.merge == MergeType::flat) {
    a.tokens = a.tiles * per_tile;
    return a;
  }
  a.columns = a.grid_columns * config.vision.side();
  a.rows = a.grid_rows * config.vision.side();
  if (image.merge == MergeType::spatial_unpad) unpad(a, width, height, image.unpad_rounding);
  a.tokens = (image.base ? per_tile : 0) + a.rows * (a.columns + (image.merge == MergeType::spatial_unpad ? 1 : 0));
  return a;
}

std::vector<int32_t> packing(const ModelConfig& config, const Arrangement& a) {
  const ImageConfig& image = config.image;
  const int64_t side = config.vision.side();
  const int64_t tower_rows = config.vision.tower_rows();
  const int64_t skipped = config.vision.keep_class ? 0 : 1;
  std::vector<int32_t> out;
  out.reserve(static_cast<size_t>(a.tokens));
  const bool spatial = config.anyres() && image.merge != MergeType::flat;
  const int64_t whole_tiles = spatial ? (image.base ? 1 : 0) : a.tiles;
  for (int64_t tile = 0; tile < whole_tiles; ++tile) {
    for (int64_t i = skipped; i < tower_rows; ++i) out.push_back(static_cast<int32_t>(tile * tower_rows + i));
  }
  if (spatial) {
    for (int64_t row = a.first_row; row < a.first_row + a.rows; ++row) {
      for (int64_t column = a.first_column; column < a.first_column + a.columns; ++column) {
        const int64_t tile = 1 + row / side * a.grid_columns + column / side;
        out.push_back(static_cast<int32_t>(tile * tower_rows + 1 + row % side * side + column % side));
      }
      if (image.merge == MergeType::spatial_unpad) out.push_back(-1);
    }
  } else if (image.merge == MergeType::spatial_unpad) {
    out.push_back(-1);
  }
  return out;
}

}  // namespace llava
