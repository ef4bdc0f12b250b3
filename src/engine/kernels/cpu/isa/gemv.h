// Few rows times a weight: every panel is read once from memory and widened in registers; the same chains over k as
// gemm.h, so the same bits. No include guard: read once per instruction set.
//
// R rows times P neighbouring panels at a time: R * P * kVectors independent chains hide the latency of the
// multiply-add. Cost: the bytes of the weight; 2 * rows * n * k FLOP.

inline constexpr int kGemvRows = 6;

constexpr int gemv_panels(int rows) {
  const int fit = kGemvRegisters / (rows * kVectors);
  return fit >= 4 ? 4 : fit >= 2 ? 2 : 1;
}

/// acc[r][p][v] = sum over k; x [R][k].
template <Storage S, int R, int P>
inline __attribute__((always_inline)) void gemv_chains(const PanelWeight& w, int64_t panel, const float* x,
                                                       F (&acc)[R][P][kVectors]) {
  const int64_t stride = w.k * kPanel;  // values of one panel
  const int64_t k = w.k;
  for (int r = 0; r < R; ++r) {
    for (int p = 0; p < P; ++p) {
      for (int v = 0; v < kVectors; ++v) acc[r][p][v] = zero();
    }
  }
  if constexpr (S == Storage::bf16) {
    const auto* base = static_cast<const BFloat16*>(w.panels) + panel * stride;
    for (int64_t i = 0; i < k; i += 2) {
#pragma GCC unroll 4
      for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
          F even, odd;
          load_pairs(base + p * stride + i * kPanel + v * 2 * kWidth, even, odd);
#pragma GCC unroll 8
          for (int r = 0; r < R; ++r) acc[r][p][v] = fma(set1(x[r * k + i]), even, acc[r][p][v]);
#pragma GCC unroll 8
          for (int r = 0; r < R; ++r) acc[r][p][v] = fma(set1(x[r * k + i + 1]), odd, acc[r][p][v]);
        }
      }
    }
  } else {
    const char* base = static_cast<const char*>(w.panels) + panel * stride * static_cast<int64_t>(size_of(S));
    for (int64_t i = 0; i < k; ++i) {
#pragma GCC unroll 4
      for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) {
          const int64_t index = p * stride + i * kPanel + v * kWidth;
          F value;
          if constexpr (S == Storage::f32) value = load(reinterpret_cast<const float*>(base) + index);
          if constexpr (S == Storage::f16) value = load(reinterpret_cast<const Float16*>(base) + index);
          if constexpr (S == Storage::i8) value = load(reinterpret_cast<const int8_t*>(base) + index);
          if constexpr (S == Storage::f8) value = load_f8(reinterpret_cast<const uint8_t*>(base) + index);
#pragma GCC unroll 8
          for (int r = 0; r < R; ++r) acc[r][p][v] = fma(set1(x[r * k + i]), value, acc[r][p][v]);
        }
      }
    }
  }
}

#if LLAVA_ISA_DOT_BF16
template <int R, int P>
inline __attribute__((always_inline)) void gemv_chains_bf16(const PanelWeight& w, int64_t panel, const BFloat16* x,
                                                            F (&acc)[R][P][kVectors]) {
  const int64_t stride = w.k * kPanel;
  const auto* base = static_cast<const BFloat16*>(w.panels) + panel * stride;
  for (int r = 0; r < R; ++r) {
    for (int p = 0; p < P; ++p) {
      for (int v = 0; v < kVectors; ++v) acc[r][p][v] = zero();
    }
  }
  for (int64_t i = 0; i < w.k; i += 2) {
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) {
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
          acc[r][p][v] = dot_pairs(acc[r][p][v], x + r * w.k + i, base + p * stride + i * kPanel + v * 2 * kWidth);
        }
      }
    }
  }
}
#endif

template <Storage S, int R, int P>
inline void gemv_block(const GemvTask& t, int64_t panel) {
  const PanelWeight& w = *t.weight;
  F acc[R][P][kVectors];
#if LLAVA_ISA_DOT_BF16
  if (S == Storage::bf16 && t.dot_bf16) {
    gemv_chains_bf16<R, P>(w, panel, static_cast<const BFloat16*>(t.activations), acc);
  } else
#endif
  {
    gemv_chains<S, R, P>(w, panel, static_cast<const float*>(t.activations), acc);
  }
  for (int r = 0; r < R; ++r) {
    for (int p = 0; p < P; ++p) {
      float sums[kPanel];
      for (int v = 0; v < kVectors; ++v) store(sums + v * kWidth, acc[r][p][v]);
      finish_row(w, t.epilogue, sums, t.row + r, panel + p);
    }
  }
}

template <Storage S, int R = kGemvRows>
inline void gemv_rows(const GemvTask& t) {
  if (t.rows == R) {
    constexpr int kPanels = gemv_panels(R);
    int64_t panel = t.panel;
    const int64_t end = t.panel + t.panels;
    for (; panel + kPanels <= end; panel += kPanels) gemv_block<S, R, kPanels>(t, panel);
    if constexpr (kPanels > 1) {
      for (; panel < end; ++panel) gemv_block<S, R, 1>(t, panel);
    }
  } else if constexpr (R > 1) {
    gemv_rows<S, R - 1>(t);
  }
}

void gemv(const GemvTask& t) {
  switch (t.weight->storage) {
    case Storage::f32: gemv_rows<Storage::f32>(t); break;
    case Storage::bf16: gemv_rows<Storage::bf16>(t); break;
    case Storage::f16: gemv_rows<Storage::f16>(t); break;
    case Storage::i8: gemv_rows<Storage::i8>(t); break;
    case Storage::f8: gemv_rows<Storage::f8>(t); break;
  }
}
