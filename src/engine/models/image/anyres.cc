#include "models/image/anyres.h"

#include <algorithm>
#include <cmath>

#include "models/image/patches.h"
#include "models/image/shrink.h"

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

/// anyres_max_k: more than 1.21 k tiles' worth of vectors are shrunk to about k. k = 0: never.
void shrink(Arrangement& a, int64_t patches, int64_t k) {
  a.to_rows = a.rows;
  a.to_columns = a.columns;
  if (k == 0) return;
  const double times = std::sqrt(static_cast<double>(a.rows * a.columns) / static_cast<double>(k * patches));
  a.shrunk = times > 1.1;
  if (!a.shrunk) return;
  a.to_rows = floor_quotient(a.rows, times);
  a.to_columns = floor_quotient(a.columns, times);
}

int64_t per_tile(const ModelConfig& config) { return config.vision.patches() + (config.vision.keep_class ? 1 : 0); }

/// Tokens of tiles that were joined: the kept rectangle is known.
void count_joined(const ModelConfig& config, Arrangement& a) {
  const ImageConfig& image = config.image;
  const bool unpadded = image.merge == MergeType::spatial_unpad;
  shrink(a, config.vision.patches(), unpadded ? image.most_tiles : 0);
  a.tokens = (image.base ? per_tile(config) : 0) + a.to_rows * (a.to_columns + (unpadded ? 1 : 0));
}

void lay_canvas(const ModelConfig& config, std::pair<int64_t, int64_t> canvas, Arrangement& a) {
  a.grid_columns = canvas.first / config.vision.image_size;
  a.grid_rows = canvas.second / config.vision.image_size;
  a.tiles = 1 + a.grid_columns * a.grid_rows;
  a.columns = a.grid_columns * config.vision.side();
  a.rows = a.grid_rows * config.vision.side();
}

int64_t frame_tokens(const ModelConfig& config, bool last) {
  const int64_t side = pooled_side(config.vision.side(), config.clip.pool);
  switch (config.clip_newlines()) {
    case ClipNewline::grid: return side * (side + 1);
    case ClipNewline::frame: return side * side + 1;
    case ClipNewline::one_token: return side * side + (last ? 1 : 0);
    case ClipNewline::no_token: return side * side;
  }
  return 0;
}

}  // namespace

Arrangement arrange(const ModelConfig& config, const Reading& reading, int64_t width, int64_t height) {
  const ImageConfig& image = config.image;
  if (reading.aspect == AspectRatio::any_size) return arrange_patches(config, reading, {width, height});
  Arrangement a;
  a.reading = reading;
  if (reading.frame) {
    a.tokens = frame_tokens(config, reading.last);
    return a;
  }
  if (reading.aspect != AspectRatio::anyres) {
    a.tokens = per_tile(config) + (reading.newline ? 1 : 0);
    return a;
  }
  lay_canvas(config, choose_canvas(image, width, height), a);
  if (image.merge == MergeType::flat) {
    a.tokens = a.tiles * per_tile(config);
    return a;
  }
  if (image.merge == MergeType::spatial_unpad) unpad(a, width, height, image.unpad_rounding);
  count_joined(config, a);
  return a;
}

namespace {

/// Whether any prompt has its images cut into tiles.
bool cuts_tiles(const ModelConfig& config) { return config.anyres() || config.image.several == SeveralImages::anyres; }

}  // namespace

int64_t most_tiles(const ModelConfig& config) {
  int64_t most = 1;
  if (!cuts_tiles(config)) return most;
  for (const auto& [a, b] : config.image.grid)
    most = std::max(most, 1 + a / config.vision.image_size * (b / config.vision.image_size));
  return most;
}

namespace {

/// Calls visit(arrangement) with every rectangle that a cut of padding can leave on any canvas: with anyres_max_k the
/// largest is not always the one that takes the most tokens.
template <typename Visit>
void each_kept(const ModelConfig& config, Visit&& visit) {
  if (!cuts_tiles(config)) return;
  const bool unpadded = config.image.merge == MergeType::spatial_unpad;
  for (const auto& [a, b] : config.image.grid) {
    Arrangement whole;
    lay_canvas(config, config.image.grid_order == GridOrder::wh ? std::pair(a, b) : std::pair(b, a), whole);
    for (int64_t cut = 0; cut <= (unpadded ? std::max(whole.rows, whole.columns) / 2 : 0); ++cut) {
      for (const bool across : {true, false}) {
        Arrangement kept = whole;
        int64_t& length = across ? kept.columns : kept.rows;
        length = std::max<int64_t>(length - 2 * cut, 0);
        if (config.image.merge == MergeType::flat) kept.tokens = kept.tiles * per_tile(config);
        else count_joined(config, kept);
        visit(kept);
      }
    }
  }
}

int64_t most_whole_tokens(const ModelConfig& config) {
  return per_tile(config) + (config.image.merge == MergeType::spatial_unpad ? 1 : 0);
}

}  // namespace

int64_t most_tokens(const ModelConfig& config) {
  if (config.vision.any_size()) return most_merged_patches(config);
  int64_t most = most_whole_tokens(config);
  if (config.clip.refusal.empty()) most = std::max(most, frame_tokens(config, true));
  each_kept(config, [&](const Arrangement& kept) { most = std::max(most, kept.tokens); });
  return most;
}

int64_t most_image_tokens(const ModelConfig& config) {
  if (config.vision.any_size()) return largest_merged_patches(config);
  int64_t most = most_whole_tokens(config);
  each_kept(config, [&](const Arrangement& kept) {
    if (kept.rows == 0 || kept.columns == 0) return;
    const Reading tiles{.aspect = AspectRatio::anyres};
    // As many pixels as fill the rectangle: a larger image would be given a larger canvas.
    const auto pixels = [&](int64_t cells) {
      return (cells * config.vision.image_size + config.vision.side() - 1) / config.vision.side();
    };
    most = std::max(most, arrange(config, tiles, pixels(kept.columns), pixels(kept.rows)).tokens);
  });
  return most;
}

namespace {

constexpr int32_t kNewline = -1;

/// Writes tokens in order, in either form.
class Writer {
 public:
  explicit Writer(bool mixed) { out_.mixed = mixed; }

  /// A row of the tower, or kNewline.
  void copy(int64_t row) {
    if (!out_.mixed) return out_.source.push_back(static_cast<int32_t>(row));
    out_.source.insert(out_.source.end(), 4, static_cast<int32_t>(row));
    if (weighted_) out_.weight.insert(out_.weight.end(), {1.0f, 0.0f, 0.0f, 0.0f});
  }
  /// Vector `index` of a mixture of the map's cells; row_of: the tower's row of a cell.
  template <typename RowOf>
  void mix(const Mixture& mixture, int64_t index, RowOf&& row_of) {
    for (int64_t j = 4 * index; j < 4 * index + 4; ++j) {
      out_.source.push_back(static_cast<int32_t>(row_of(mixture.source[static_cast<size_t>(j)])));
      if (weighted_) out_.weight.push_back(mixture.weight[static_cast<size_t>(j)]);
    }
  }
  void set_weighted(bool weighted) { weighted_ = weighted; }
  Packing take() { return std::move(out_); }

 private:
  Packing out_;
  bool weighted_ = true;
};

Packing frame_packing(const ModelConfig& config, const Arrangement& a) {
  const ClipConfig& clip = config.clip;
  const ClipNewline newlines = config.clip_newlines();
  const int64_t side = config.vision.side();
  const int64_t pooled = pooled_side(side, clip.pool);
  const bool already = clip.place == PoolPlace::before_projector;
  Writer writer(!already);
  const Mixture mixture = pool_map(side, clip.pool);
  writer.set_weighted(!mixture.weight.empty());
  for (int64_t i = 0; i < pooled * pooled; ++i) {
    if (already) writer.copy(i);
    else writer.mix(mixture, i, [&](int64_t cell) { return config.vision.class_rows() + cell; });
    if (newlines == ClipNewline::grid && i % pooled == pooled - 1) writer.copy(kNewline);
  }
  if (newlines == ClipNewline::frame || (newlines == ClipNewline::one_token && a.reading.last)) writer.copy(kNewline);
  return writer.take();
}

}  // namespace

Packing packing(const ModelConfig& config, const Arrangement& a) {
  if (a.reading.frame) return frame_packing(config, a);
  const ImageConfig& image = config.image;
  const int64_t side = config.vision.side();
  const int64_t class_rows = config.vision.class_rows();
  const int64_t tower_rows = config.vision.tower_rows();
  Writer writer(a.shrunk);
  const bool spatial = a.reading.aspect == AspectRatio::anyres && image.merge != MergeType::flat;
  const int64_t whole_tiles = spatial ? (image.base ? 1 : 0) : a.tiles;
  for (int64_t tile = 0; tile < whole_tiles; ++tile) {
    for (int64_t i = config.vision.keep_class ? 0 : class_rows; i < tower_rows; ++i) writer.copy(tile * tower_rows + i);
  }
  const auto row_of = [&](int64_t row, int64_t column) {
    const int64_t tile = 1 + row / side * a.grid_columns + column / side;
    return tile * tower_rows + class_rows + row % side * side + column % side;
  };
  if (!spatial) {
    if (a.reading.newline && a.reading.aspect != AspectRatio::anyres) writer.copy(kNewline);
    return writer.take();
  }
  const Mixture mixture = a.shrunk ? shrink_bilinear(a.rows, a.columns, a.to_rows, a.to_columns) : Mixture{};
  for (int64_t row = 0; row < a.to_rows; ++row) {
    for (int64_t column = 0; column < a.to_columns; ++column) {
      if (!a.shrunk) {
        writer.copy(row_of(a.first_row + row, a.first_column + column));
      } else {
        writer.mix(mixture, row * a.to_columns + column, [&](int64_t cell) {
          return row_of(a.first_row + cell / a.columns, a.first_column + cell % a.columns);
        });
      }
    }
    if (image.merge == MergeType::spatial_unpad) writer.copy(kNewline);
  }
  return writer.take();
}

}  // namespace llava
