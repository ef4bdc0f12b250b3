// Blocked product of packed activations and packed weights. No include guard: read once per instruction set.
//
// The order of every sum: one chain of (fused) multiply-adds over k = 0, 1, 2, ... from zero (bf16 pairs: over pairs),
// kept in memory between k blocks. Blocks, tiles, threads and the number of rows cannot change it.
//
// Loop nest of a task (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008):
//   k blocks of kDepth > panels > tiles of kRows rows; one block of a panel (16 KiB of floats) stays in L1 under all
//   row tiles, the rows' block in L2, the next panel's block on its way there. Narrow weights are widened once per
//   block into a buffer, which costs about 1 / (8 rows) of the multiplications. Accumulators of a task [rows, panels *
//   kPanel] wait in scratch between k blocks.
// Cost: 2 * rows * n * k FLOP; kRows * kVectors multiply-adds per kVectors + kRows loads.

inline constexpr int64_t kPanel = kVectors * kWidth;

inline size_t packed_element(bool dot_bf16) { return dot_bf16 ? 2 : 4; }

/// Packed activations: [blocks of k][tiles][kDepth][kRows], or (dot_bf16) [blocks of k][tiles][kRows][kDepth]. What a
/// task reads of one k block is contiguous, and a tile is one stream for the prefetcher.
inline constexpr int64_t kTile = int64_t{kRows} * kDepth;
inline int64_t row_tiles(int64_t rows) { return (rows + kRows - 1) / kRows; }
inline int64_t depth_blocks(int64_t k) { return (k + kDepth - 1) / kDepth; }

size_t packed_bytes(int64_t rows, int64_t k, bool dot_bf16) {
  return static_cast<size_t>(row_tiles(rows) * depth_blocks(k) * kTile) * packed_element(dot_bf16);
}

/// Values [0, depth) of `rows` <= kRows rows from `source`, `stride` apart -> out [depth][kRows], zeros for the missing
/// rows.
template <typename T>
inline void pack_tile(const T* source, int64_t stride, int64_t rows, int64_t depth, float* out) {
  constexpr int kGroups = (kRows + kWidth - 1) / kWidth;
  for (int64_t c = 0; c < depth; c += kWidth) {
    const int64_t left = depth - c < kWidth ? depth - c : kWidth;
    F block[kGroups][kWidth];
    for (int g = 0; g < kGroups; ++g) {
      for (int r = 0; r < kWidth; ++r) {
        const int row = g * kWidth + r;
        const T* from = source + row * stride + c;
        block[g][r] = row >= rows ? zero() : left == kWidth ? load(from) : load_part(from, left);
      }
      transpose(block[g]);
    }
    for (int64_t i = 0; i < left; ++i) {
      float* to = out + (c + i) * kRows;
      for (int g = 0; g < kGroups; ++g) {
        // A whole store runs over into what the next one writes; the tile's last must not.
        if (c + i + 1 < depth || (g + 1) * kWidth <= kRows) {
          store(to + g * kWidth, block[g][i]);
        } else {
          store_part(to + g * kWidth, block[g][i], kRows - g * kWidth);
        }
      }
    }
  }
}

void pack_rows(const View& x, int64_t first, int64_t rows, bool dot_bf16, void* out, int64_t out_first,
               int64_t out_rows) {
  const int64_t block_stride = row_tiles(out_rows) * kTile;
  for (int64_t row = first; row < first + rows; row += kRows) {
    const int64_t some = first + rows - row < kRows ? first + rows - row : kRows;
    for (int64_t block = 0; block * kDepth < x.cols; ++block) {
      const int64_t depth = x.cols - block * kDepth < kDepth ? x.cols - block * kDepth : kDepth;
      const int64_t to = (row - out_first) / kRows * kTile + block * block_stride;
      if (dot_bf16) {
        for (int64_t r = 0; r < some; ++r) {
          __builtin_memcpy(static_cast<BFloat16*>(out) + to + r * kDepth, at<BFloat16>(x, row + r) + block * kDepth,
                           static_cast<size_t>(depth) * 2);
        }
        continue;
      }
      with_type(x.dtype, [&](auto* type) {
        pack_tile(at<std::remove_cvref_t<decltype(*type)>>(x, row) + block * kDepth, x.stride, some, depth,
                  static_cast<float*>(out) + to);
      });
    }
  }
}

/// c[R][kPanel] (rows CStride apart) = (fresh ? 0 : c) + a[R][depth] (rows ARow, columns AColumn apart) *
/// b[depth][kPanel].
template <int R, int ARow, int AColumn, int CStride>
inline __attribute__((always_inline)) void multiply_tile(int64_t depth, const float* a, const float* b, float* c,
                                                         bool fresh) {
  F acc[R][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) acc[r][v] = fresh ? zero() : load(c + r * CStride + v * kWidth);
  }
#pragma GCC unroll 4
  for (int64_t i = 0; i < depth; ++i) {
    F w[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) w[v] = load(b + i * kPanel + v * kWidth);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const F x = set1(a[r * ARow + i * AColumn]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) acc[r][v] = fma(x, w[v], acc[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) store(c + r * CStride + v * kWidth, acc[r][v]);
  }
}

/// Rows 1 .. kRows of multiply_tile.
template <int ARow, int AColumn, int CStride, int R = kRows>
inline void multiply_rows(int64_t rows, int64_t depth, const float* a, const float* b, float* c, bool fresh) {
  if (rows == R) {
    multiply_tile<R, ARow, AColumn, CStride>(depth, a, b, c, fresh);
  } else if constexpr (R > 1) {
    multiply_rows<ARow, AColumn, CStride, R - 1>(rows, depth, a, b, c, fresh);
  }
}

#if LLAVA_ISA_DOT_BF16
template <int R>
inline __attribute__((always_inline)) void multiply_tile_bf16(int64_t depth, const BFloat16* a, const BFloat16* b,
                                                              float* c, bool fresh) {
  F acc[R][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) acc[r][v] = fresh ? zero() : load(c + r * kPanel + v * kWidth);
  }
  for (int64_t i = 0; i < depth; i += 2) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) {
        acc[r][v] = dot_pairs(acc[r][v], a + r * kDepth + i, b + i * kPanel + v * 2 * kWidth);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) store(c + r * kPanel + v * kWidth, acc[r][v]);
  }
}

template <int R = kRows>
inline void multiply_rows_bf16(int64_t rows, int64_t depth, const BFloat16* a, const BFloat16* b, float* c,
                               bool fresh) {
  if (rows == R) {
    multiply_tile_bf16<R>(depth, a, b, c, fresh);
  } else if constexpr (R > 1) {
    multiply_rows_bf16<R - 1>(rows, depth, a, b, c, fresh);
  }
}
#endif

/// Values [first, first + depth) along k of one panel, widened: out [depth][kPanel].
inline void widen_panel(Storage storage, const void* panel, int64_t first, int64_t depth, float* out) {
  switch (storage) {
    case Storage::f32: break;  // used in place
    case Storage::bf16: {
      const auto* p = static_cast<const BFloat16*>(panel) + first * kPanel;
      for (int64_t i = 0; i < depth; i += 2) {
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
          F even, odd;
          load_pairs(p + i * kPanel + v * 2 * kWidth, even, odd);
          store(out + i * kPanel + v * kWidth, even);
          store(out + (i + 1) * kPanel + v * kWidth, odd);
        }
      }
      break;
    }
    case Storage::f16: {
      const auto* p = static_cast<const Float16*>(panel) + first * kPanel;
      for (int64_t i = 0; i < depth * kPanel; i += kWidth) store(out + i, load(p + i));
      break;
    }
    case Storage::i8: {
      const auto* p = static_cast<const int8_t*>(panel) + first * kPanel;
      for (int64_t i = 0; i < depth * kPanel; i += kWidth) store(out + i, load(p + i));
      break;
    }
    case Storage::f8: {
      const auto* p = static_cast<const uint8_t*>(panel) + first * kPanel;
      for (int64_t i = 0; i < depth * kPanel; i += kWidth) store(out + i, load_f8(p + i));
      break;
    }
  }
}

/// Accumulators of one row and panel -> out[row, panel * kPanel ...].
inline void finish_row(const PanelWeight& w, const Epilogue& e, const float* acc, int64_t row, int64_t panel) {
  const int64_t first = panel * kPanel;
  with_type(e.out.dtype, [&](auto* type) {
    using T = std::remove_cvref_t<decltype(*type)>;
    T* out = mutable_at<T>(e.out, row);
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      const int64_t c = first + v * kWidth;
      if (c >= w.n) break;
      F value = load(acc + v * kWidth);
      if (w.scale != nullptr) value = mul(value, load(w.scale + c));
      if (w.bias != nullptr) value = add(value, load(w.bias + c));
      value = activate(e.activation, value);
      const bool whole = c + kWidth <= w.n;
      if (e.residual != nullptr) {
        with_type(e.residual->dtype, [&](auto* residual_type) {
          const auto* r = at<std::remove_cvref_t<decltype(*residual_type)>>(*e.residual, row);
          value = add(value, whole ? load(r + c) : load_part(r + c, w.n - c));
        });
      }
      if (whole) {
        store(out + c, value);
      } else {
        store_part(out + c, value, w.n - c);
      }
    }
  });
}

size_t gemm_scratch(int64_t rows, int64_t panels) {
  return static_cast<size_t>(row_tiles(rows) * panels * kRows * kPanel + kDepth * kPanel) * sizeof(float);
}

void gemm(const GemmTask& t) {
  const PanelWeight& w = *t.weight;
  const int64_t panel_bytes = w.k * kPanel * static_cast<int64_t>(size_of(w.storage));
  const int64_t tiles = row_tiles(t.rows);
  float* const widened = t.scratch;
  float* const sums = t.scratch + kDepth * kPanel;  // [tiles][panels][kRows][kPanel]
  const int64_t block_stride = row_tiles(t.packed_rows) * kTile;
  const int64_t first_tile = (t.row - t.packed_row) / kRows;
  for (int64_t first = 0; first < w.k; first += kDepth) {
    const int64_t depth = w.k - first < kDepth ? w.k - first : kDepth;
    const bool last = first + depth == w.k;
    for (int64_t p = 0; p < t.panels; ++p) {
      const char* panel = static_cast<const char*>(w.panels) + (t.panel + p) * panel_bytes;
      const float* b = widened;
      if (!t.dot_bf16) {
        if (w.storage == Storage::f32) {
          b = reinterpret_cast<const float*>(panel) + first * kPanel;
        } else {
          widen_panel(w.storage, panel, first, depth, widened);
        }
      }
      // While the tiles work on this block, the next panel's comes nearer, a few lines per tile.
      const int64_t block_bytes = depth * kPanel * static_cast<int64_t>(size_of(w.storage));
      const int64_t step = (block_bytes / tiles + 64) / 64 * 64;
      const char* next =
          p + 1 < t.panels ? panel + panel_bytes + first * kPanel * static_cast<int64_t>(size_of(w.storage)) : nullptr;
      for (int64_t i = 0; i < tiles; ++i) {
        if (next != nullptr) {
          for (int64_t at = i * step; at < (i + 1) * step && at < block_bytes; at += 64)
            __builtin_prefetch(next + at, 0, 2);
        }
        const int64_t rows = t.rows - i * kRows < kRows ? t.rows - i * kRows : kRows;
        float* c = sums + (i * t.panels + p) * kRows * kPanel;
        if (i + 1 < tiles) {  // the next tile's sums wait far apart from these
          for (int64_t at = 0; at < kRows * kPanel; at += 16)
            __builtin_prefetch(c + t.panels * kRows * kPanel + at, 1, 3);
        }
        const int64_t a = first / kDepth * block_stride + (first_tile + i) * kTile;
#if LLAVA_ISA_DOT_BF16
        if (t.dot_bf16) {
          multiply_rows_bf16(rows, depth, static_cast<const BFloat16*>(t.activations) + a,
                             reinterpret_cast<const BFloat16*>(panel) + first * kPanel, c, first == 0);
        } else
#endif
        {
          multiply_rows<1, kRows, kPanel>(rows, depth, static_cast<const float*>(t.activations) + a, b, c, first == 0);
        }
        if (!last) continue;
        for (int64_t r = 0; r < rows; ++r)
          finish_row(w, t.epilogue, c + r * kPanel, t.row + i * kRows + r, t.panel + p);
      }
    }
  }
}

void pack_panel(Storage storage, const void* const* source_rows, int64_t k, int64_t padded_k, void* out) {
  const auto pack = [&](auto* type, int64_t group) {  // group values along k stay together
    using T = std::remove_cvref_t<decltype(*type)>;
    T* to = static_cast<T*>(const_cast<void*>(static_cast<const void*>(out)));
    __builtin_memset(to, 0, static_cast<size_t>(padded_k * kPanel) * sizeof(T));
    constexpr int64_t kChunk = 64;
    for (int64_t first = 0; first < k; first += kChunk) {
      const int64_t end = k < first + kChunk ? k : first + kChunk;
      for (int64_t c = 0; c < kPanel; ++c) {
        const T* from = static_cast<const T*>(source_rows[c]);
        if (from == nullptr) continue;
        if (group == 2) {
          for (int64_t i = first; i < end; i += 2) {
            __builtin_memcpy(to + i * kPanel + 2 * c, from + i, 2 * sizeof(T));
          }
        } else {
          for (int64_t i = first; i < end; ++i) to[i * kPanel + c] = from[i];
        }
      }
    }
  };
  switch (storage) {
    case Storage::f32: pack(static_cast<const float*>(nullptr), 1); break;
    case Storage::bf16: pack(static_cast<const uint16_t*>(nullptr), 2); break;
    case Storage::f16: pack(static_cast<const uint16_t*>(nullptr), 1); break;
    case Storage::i8:
    case Storage::f8: pack(static_cast<const uint8_t*>(nullptr), 1); break;
  }
}
