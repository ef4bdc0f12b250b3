#pragma once

// What one instruction set offers: a table of functions over rows, tiles and panels, single-threaded, without
// allocation. Written once in isa/*.h against simd/*.h, compiled once per set (isa_*.cc), chosen at run time
// (features.h). The ops around it (cpu_ops.h) cut the work into tasks for the thread pool.
//
// Every function gives a row the same bits whatever rows stand beside it: reductions follow k, the column or the key
// position, one chain per output element.

#include <cstddef>
#include <cstdint>

#include "kernels/ops.h"

namespace llava::cpu {

/// How the values of a weight are stored inside panels. f8 holds e4m3 bits.
enum class Storage : uint8_t { f32, bf16, f16, i8, f8 };

constexpr size_t size_of(Storage storage) {
  switch (storage) {
    case Storage::f32: return 4;
    case Storage::bf16:
    case Storage::f16: return 2;
    case Storage::i8:
    case Storage::f8: return 1;
  }
  return 0;
}

/// A weight [n, k] cut into panels of `panel_columns` rows of it (= columns of the product). Panel p is contiguous:
/// [k][panel_columns] values, for bf16 [k / 2][panel_columns][2] (pairs along k, what VDPBF16PS multiplies).
/// Rows beyond n are zero. scale (i8, f8) and bias: [n rounded up to whole panels] f32, or nullptr.
struct PanelWeight {
  const void* panels = nullptr;
  const float* scale = nullptr;
  const float* bias = nullptr;
  int64_t n = 0;
  int64_t k = 0;
  Storage storage = Storage::bf16;
};

/// What happens to an accumulator: * scale[n] + bias[n], activation, + residual, one rounding to out's type.
struct Epilogue {
  View out;
  const View* residual = nullptr;
  Activation activation = Activation::none;
};

/// One task of a blocked product: rows [row, row + rows) times panels [panel, panel + panels) over the whole of k.
struct GemmTask {
  const PanelWeight* weight = nullptr;
  const void* activations = nullptr;  // packed by pack_rows; starts at `packed_row`, a multiple of tile_rows
  int64_t row = 0;                    // a multiple of tile_rows, counted like the rows of out
  int64_t packed_row = 0;
  int64_t packed_rows = 0;  // of the whole packed buffer
  int64_t rows = 0;
  int64_t panel = 0;
  int64_t panels = 0;
  bool dot_bf16 = false;  // activations are packed as bf16 pairs
  Epilogue epilogue;
  float* scratch = nullptr;  // gemm_scratch(rows, panels) bytes, 64-byte aligned
};

/// Few rows times panels, weights streamed once. The same bits as GemmTask.
struct GemvTask {
  const PanelWeight* weight = nullptr;
  const void* activations = nullptr;  // [rows][k] f32, or bf16 when dot_bf16
  int64_t row = 0;                    // first row of out
  int64_t rows = 0;                   // at most gemv_rows
  int64_t panel = 0;
  int64_t panels = 0;
  bool dot_bf16 = false;
  Epilogue epilogue;
};

/// Row width of AttentionState's queries and sums, in floats: the largest head.
inline constexpr int64_t kHeadStride = 128;

/// Running softmax of a block of query rows of one head: sums[r] = sum_j exp(s_j - largest[r]) v_j.
struct AttentionState {
  float* queries = nullptr;  // [rows][kHeadStride]
  float* sums = nullptr;     // [rows][kHeadStride]
  float* largest = nullptr;  // [rows]
  float* total = nullptr;    // [rows]
  float* scores = nullptr;   // scratch [kScoreRows][kPageTokens]
  float* keys = nullptr;     // scratch [kPageTokens * kHeadStride]: one tile, transposed
  float* values = nullptr;   // scratch [kPageTokens * kHeadStride]
  int32_t head_size = 0;
  float scale = 0.0f;
};
inline constexpr int64_t kScoreRows = 48;

/// Up to kPageTokens keys and values: key j at keys + j * stride elements of `type`.
struct AttentionTile {
  const void* keys = nullptr;
  const void* values = nullptr;
  int64_t stride = 0;
  int32_t count = 0;  // keys in this tile; nothing beyond is read
  DType type = DType::f32;
};

/// Taps of one axis of a resize: output i = clamp((2^21 + sum_t w(i, t) * in[first[i] + t]) >> 22) with
/// w(i, t) = high[i * taps + t] * 2^11 + low[i * taps + t], 22 fraction bits; low in [0, 2^11). Exact integers.
struct ResizeAxis {
  const int32_t* first = nullptr;  // [outputs]
  const int16_t* high = nullptr;   // [outputs * taps], zero beyond the taps of an output
  const int16_t* low = nullptr;
  int32_t taps = 0;  // a multiple of 4
  int32_t outputs = 0;
};

struct Kernels {
  const char* name;
  int64_t panel_columns;
  int64_t tile_rows;
  int64_t gemv_rows;
  bool has_dot_bf16;

  // -- linear ----------------------------------------------------------------------------------------------
  /// Packs rows [panel * panel_columns, ...) of a row-major [rows, k] source into `out`; rows at or beyond `rows`
  /// become zero. The source has the storage's own type (f32, bf16, f16, bytes), `padded_k` >= k columns are written.
  void (*pack_panel)(Storage storage, const void* const* source_rows, int64_t k, int64_t padded_k, void* out);
  /// Bytes of `rows` packed activation rows.
  size_t (*packed_bytes)(int64_t rows, int64_t k, bool dot_bf16);
  /// Packs rows [first, first + rows) of x into a buffer that holds rows [out_first, out_first + out_rows); first and
  /// out_first are multiples of tile_rows.
  void (*pack_rows)(const View& x, int64_t first, int64_t rows, bool dot_bf16, void* out, int64_t out_first,
                    int64_t out_rows);
  size_t (*gemm_scratch)(int64_t rows, int64_t panels);
  void (*gemm)(const GemmTask& task);
  void (*gemv)(const GemvTask& task);

  // -- rows ------------------------------------------------------------------------------------------------
  void (*widen)(const void* source, DType type, int64_t count, float* out);
  void (*narrow)(const float* source, int64_t count, DType type, void* out);
  void (*rms_norm)(const View& x, const View& weight, float eps, const View& out);
  void (*layer_norm)(const View& x, const View& weight, const View& bias, float eps, const View& out);
  void (*silu_mul)(const View& x, const View& out);
  /// out = round(a + b) for one row of `count`.
  void (*add_row)(const void* a, const void* b, DType type, int64_t count, void* out);
  /// Half rotation of `heads` heads of `size`, head h at x + h * size to out + h * out_stride (elements).
  void (*rope_row)(const void* x, const void* cos, const void* sin, DType type, int64_t heads, int64_t size, void* out,
                   int64_t out_stride);

  // -- attention -------------------------------------------------------------------------------------------
  /// Query row `row` of the block: widened from `query`; sums, largest and total start empty.
  void (*attention_start)(const AttentionState& state, int64_t row, const void* query, DType type);
  /// Adds a tile to rows [first, first + rows): row r sees keys [low[r], high[r]) of it. low and high start at row 0.
  void (*attention_tile)(const AttentionState& state, const AttentionTile& tile, int64_t first, int64_t rows,
                         const int32_t* low, const int32_t* high);
  /// out = sums / total, rounded.
  void (*attention_finish)(const AttentionState& state, int64_t row, DType type, void* out);
  /// Merges `parts` partial results in order: part i at sums + i * sums_stride, largest and total + i.
  void (*attention_merge)(const float* sums, int64_t sums_stride, const float* largest, const float* total,
                          int64_t parts, int32_t head_size, DType type, void* out);

  // -- logits ----------------------------------------------------------------------------------------------
  /// Lowest index of the largest value; -1 with a NaN.
  int32_t (*argmax)(const float* x, int64_t count);
  /// log sum exp.
  double (*log_sum_exp)(const float* x, int64_t count);

  // -- pixels (exact integers) -----------------------------------------------------------------------------
  /// Two rows of RGB bytes along x (they may be the same): out [outputs * 3] each. Rows are readable up to 16 bytes
  /// beyond first[i] + taps pixels.
  void (*resize_rows)(const ResizeAxis& axis, const uint8_t* first, const uint8_t* second, uint8_t* first_out,
                      uint8_t* second_out);
  /// Output row `output` along y, `bytes` bytes: row t of the taps at rows + min(t, valid - 1) * stride.
  void (*resize_column)(const ResizeAxis& axis, int32_t output, const uint8_t* rows, int64_t stride, int32_t valid,
                        int64_t bytes, uint8_t* out);
  /// Interleaved pixels to three planes.
  void (*split_rgb)(const uint8_t* rgb, int64_t pixels, uint8_t* red, uint8_t* green, uint8_t* blue);
};

const Kernels& plain_kernels();
#if defined(__x86_64__)
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();
const Kernels& avx512bf16_kernels();
#endif

}  // namespace llava::cpu
