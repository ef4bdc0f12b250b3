// Softmax attention of a block of query rows, one tile of up to kPageTokens keys at a time, everything in float32 in L1
// and L2. No include guard: read once per instruction set.
//
// Per row and tile: s_j = scale * (q . k_j), one chain over the head; m' = max(m, max s); p_j = e^(s_j - m');
// sums = sums * e^(m - m') + sum_j p_j v_j, one chain over the keys from the old sums; total likewise. A key that a row
// does not see has p_j = 0 and leaves its chains as they are; a tile without visible keys leaves the row as it is (e^0
// = 1).
// Cost: 4 * rows * keys * head_size FLOP; the tile is transposed once per call, so call with many rows.

/// Where a row starts: below every score, finite so that differences are never NaN.
inline constexpr float kNoScore = -3.0e38f;

inline int64_t whole_panels(int64_t n) { return (n + kPanel - 1) / kPanel; }

void attention_start(const AttentionState& state, int64_t row, const void* query, DType type) {
  float* q = state.queries + row * kHeadStride;
  float* sums = state.sums + row * kHeadStride;
  widen(query, type, state.head_size, q);
  for (int64_t c = 0; c < kHeadStride; c += kWidth) store(sums + c, zero());
  state.largest[row] = kNoScore;
  state.total[row] = 0.0f;
}

/// keys [panels][head_size][kPanel] and values [panels of the head][keys][kPanel], zero beyond their ends.
template <typename T>
inline void widen_tile(const AttentionState& state, const AttentionTile& tile, const T*) {
  const auto* keys = static_cast<const T*>(tile.keys);
  const auto* values = static_cast<const T*>(tile.values);
  const int64_t size = state.head_size;
  const int64_t key_columns = whole_panels(tile.count) * kPanel;
  for (int64_t j = 0; j < key_columns; j += kWidth) {
    float* to = state.keys + j / kPanel * kPanel * size + j % kPanel;
    for (int64_t c = 0; c < size; c += kWidth) {
      const int64_t left = size - c < kWidth ? size - c : kWidth;
      F block[kWidth];
      for (int64_t i = 0; i < kWidth; ++i) {
        block[i] = j + i < tile.count ? load_up_to(keys + (j + i) * tile.stride + c, left) : zero();
      }
      transpose(block);
      for (int64_t i = 0; i < left; ++i) store(to + (c + i) * kPanel, block[i]);
    }
  }
  const int64_t value_columns = whole_panels(size) * kPanel;
  for (int64_t c = 0; c < value_columns; c += kWidth) {
    float* to = state.values + c / kPanel * kPanel * tile.count + c % kPanel;
    if (c + kWidth <= size) {
      for (int64_t j = 0; j < tile.count; ++j) store(to + j * kPanel, load(values + j * tile.stride + c));
    } else {
      const int64_t left = size > c ? size - c : 0;
      for (int64_t j = 0; j < tile.count; ++j) store(to + j * kPanel, load_part(values + j * tile.stride + c, left));
    }
  }
}

/// Scores -> probabilities in place; rescales the row's sums.
inline void soften(const AttentionState& state, int64_t row, float* scores, int64_t columns, int32_t low,
                   int32_t high) {
  const F scale = set1(state.scale);
  F most = set1(kNoScore);
  for (int64_t j = 0; j < columns; j += kWidth) {
    F s = mul(load(scores + j), scale);
    if (j < low || j + kWidth > high) {
      float masked[kWidth];
      store(masked, s);
      for (int64_t i = 0; i < kWidth; ++i) {
        if (j + i < low || j + i >= high) masked[i] = -__builtin_inff();
      }
      s = load(masked);
    }
    store(scores + j, s);
    most = max(most, s);
  }
  const float before = state.largest[row];
  const float here = max_of(most);
  const float largest = here > before ? here : before;
  F added = zero();
  for (int64_t j = 0; j < columns; j += kWidth) {
    const F p = exp(sub(load(scores + j), set1(largest)));
    store(scores + j, p);
    added = add(added, p);
  }
  state.largest[row] = largest;
  if (largest != before) {
    float shrink[kWidth];
    store(shrink, exp(set1(before - largest)));
    state.total[row] *= shrink[0];
    float* sums = state.sums + row * kHeadStride;
    for (int64_t c = 0; c < state.head_size; c += kWidth) store(sums + c, mul(load(sums + c), set1(shrink[0])));
  }
  state.total[row] += sum(added);
}

void attention_tile(const AttentionState& state, const AttentionTile& tile, int64_t first, int64_t rows,
                    const int32_t* low, const int32_t* high) {
  with_type(tile.type, [&](auto* tag) { widen_tile(state, tile, tag); });
  const int64_t size = state.head_size;
  const int64_t key_panels = whole_panels(tile.count);
  const int64_t head_panels = whole_panels(size);
  for (int64_t group = first; group < first + rows; group += kScoreRows) {
    const int64_t group_rows = first + rows - group < kScoreRows ? first + rows - group : kScoreRows;
    for (int64_t r = 0; r < group_rows; r += kRows) {
      const int64_t some = group_rows - r < kRows ? group_rows - r : kRows;
      for (int64_t p = 0; p < key_panels; ++p) {
        multiply_rows<kHeadStride, 1, kPageTokens>(some, size, state.queries + (group + r) * kHeadStride,
                                                   state.keys + p * kPanel * size,
                                                   state.scores + r * kPageTokens + p * kPanel, true);
      }
    }
    for (int64_t r = 0; r < group_rows; ++r) {
      soften(state, group + r, state.scores + r * kPageTokens, key_panels * kPanel, low[group + r], high[group + r]);
    }
    for (int64_t r = 0; r < group_rows; r += kRows) {
      const int64_t some = group_rows - r < kRows ? group_rows - r : kRows;
      for (int64_t p = 0; p < head_panels; ++p) {
        multiply_rows<kPageTokens, 1, kHeadStride>(some, tile.count, state.scores + r * kPageTokens,
                                                   state.values + p * kPanel * tile.count,
                                                   state.sums + (group + r) * kHeadStride + p * kPanel, false);
      }
    }
  }
}

/// Adding +0 turns a -0, whose sign could come from an unseen key, into +0.
void attention_finish(const AttentionState& state, int64_t row, DType type, void* out) {
  float* sums = state.sums + row * kHeadStride;
  const F total = set1(state.total[row]);
  for (int64_t c = 0; c < state.head_size; c += kWidth) store(sums + c, add(div(load(sums + c), total), zero()));
  narrow(sums, state.head_size, type, out);
}

void attention_merge(const float* sums, int64_t sums_stride, const float* largest, const float* total, int64_t parts,
                     int32_t head_size, DType type, void* out) {
  float most = kNoScore;
  for (int64_t i = 0; i < parts; ++i) most = largest[i] > most ? largest[i] : most;
  float merged[kHeadStride] = {};
  float all = 0.0f;
  for (int64_t i = 0; i < parts; ++i) {
    float weight[kWidth];
    store(weight, exp(set1(largest[i] - most)));
    all += weight[0] * total[i];
    for (int64_t c = 0; c < head_size; c += kWidth) {
      const F w = set1(weight[0]);
      store(merged + c, add(load(merged + c), mul(w, load(sums + i * sums_stride + c))));
    }
  }
  for (int64_t c = 0; c < head_size; c += kWidth) store(merged + c, add(div(load(merged + c), set1(all)), zero()));
  narrow(merged, head_size, type, out);
}
