// Prefill and tower attention in float32: the formula and operands of prefill_attention.cu without rounding points, for
// models that run in float32 to be compared with a reference.
//   launch  one block of 4 warps per 16 (row, head) pairs of one sequence and kv head (prefill_rows.h); 46 KB of shared
//           memory
//   cost    4 * pairs * keys * head_size FLOP on the plain float32 units; k and v are read once per 16 pairs
//   limit   shared memory reads, 3 bytes per FMA in q k^T and 2 in p v

#include "kernels/cuda/attention_f32.h"
#include "kernels/cuda/prefill_rows.h"

namespace llava::cuda {

namespace {

__global__ void __launch_bounds__(FloatRows::kThreads) prefill_f32_kernel(PrefillArguments<float> a) {
  const PrefillTile tile = prefill_tile(a, FloatRows::kRows);
  if (tile.count == 0) return;
  const auto seen_by = [&](int pair) {
    return visible_to(tile.high_of(tile.first + (pair < tile.count ? pair : tile.count - 1), a.heads_per_kv), a.window);
  };
  unsigned char* const shared = dynamic_shared();
  FloatRows rows;
  rows.start(shared, a.head_size, [&](int row) {
    return row < tile.count ? a.q + pair_at(a, tile, tile.first + row, a.q_stride) : nullptr;
  });
  const int end = seen_by(tile.count - 1).high;
  for (int index = seen_by(0).low / kPageTokens; index * kPageTokens < end; ++index) {
    const int64_t start = a.source.tile_at(tile.sequence, index, tile.kv_head);
    rows.add_tile(a.source.keys + start, a.source.values + start, a.source.row_elements, index * kPageTokens,
                  end - index * kPageTokens, a.exponent_scale, seen_by);
  }
  for (int r = 0; r < FloatRows::kWarpRows; ++r) {
    const int pair = FloatRows::warp_row() + r;
    const float total = warp_sum(rows.total[r]);
    if (pair >= tile.count || FloatRows::column() >= a.head_size) continue;
    Pack<float> y;
    for (int c = 0; c < 4; ++c) y.at[c] = rows.sums[r][c] / total + 0.0f;  // + 0: see prefill_attention.cu
    store_pack(a.out + pair_at(a, tile, tile.first + pair, a.out_stride) + FloatRows::column(), y);
  }
}

}  // namespace

void prefill_attention_f32(Context& context, const char* op, const PrefillArguments<float>& a, int64_t rows) {
  context.launch(op, {rows, a.sequences, int64_t{a.kv_heads} * a.heads_per_kv, a.head_size}, prefill_f32_kernel,
                 dim3(prefill_blocks(a, rows, FloatRows::kRows)), dim3(FloatRows::kThreads), FloatRows::kSharedBytes,
                 a);
}

}  // namespace llava::cuda
