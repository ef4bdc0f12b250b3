// Decode attention in float32: the splits of decode_attention.cu without rounding points.
//   launch  grid = (sequences, kv heads, splits), block = 4 warps for the up to 16 (row, head) pairs of a chunk
//           (decode_rows.h)
//   cost    2 * keys * head_size * 4 bytes per kv head and chunk
//   limit   the latency of one tile after another: it serves comparisons, not speed

#include "kernels/cuda/attention_f32.h"
#include "kernels/cuda/decode_rows.h"

namespace llava::cuda {

namespace {

__global__ void __launch_bounds__(FloatRows::kThreads) decode_splits_f32_kernel(DecodeArguments<float> a) {
  const DecodeChunk chunk = decode_chunk(a, FloatRows::kRows / a.heads_per_kv);
  if (chunk.rows == 0) return;
  const int kv_head = static_cast<int>(blockIdx.y);
  const int split = static_cast<int>(blockIdx.z);
  const int pairs = chunk.rows * a.heads_per_kv;
  const auto row_of = [&](int pair) { return chunk.first_row + pair / a.heads_per_kv; };
  const auto head_of = [&](int pair) { return kv_head * a.heads_per_kv + pair % a.heads_per_kv; };
  const auto seen_by = [&](int pair) {
    return visible_to(a.kv_length[row_of(pair < pairs ? pair : pairs - 1)], a.window);
  };

  unsigned char* const shared = dynamic_shared();
  FloatRows rows;
  rows.start(shared, a.head_size, [&](int pair) {
    return pair < pairs ? a.q + row_of(pair) * a.q_stride + head_of(pair) * a.head_size : nullptr;
  });
  const int begin = split * kSplitTokens;
  const int high = seen_by(0).high;  // rows that share the split see it to its end
  const int end = high < begin + kSplitTokens ? high : begin + kSplitTokens;
  for (int first_key = begin; first_key < end; first_key += kPageTokens) {
    const int64_t start = a.source.tile_at(chunk.first_row, first_key / kPageTokens, kv_head);
    rows.add_tile(a.source.keys + start, a.source.values + start, a.source.row_elements, first_key, end - first_key,
                  a.exponent_scale, seen_by);
  }
  for (int r = 0; r < FloatRows::kWarpRows; ++r) {
    const int pair = FloatRows::warp_row() + r;
    const float total = warp_sum(rows.total[r]);
    if (pair >= pairs || FloatRows::column() >= a.head_size) continue;
    const int64_t at = a.partial_at(row_of(pair), head_of(pair), split);
    Pack<float> sums;
    for (int c = 0; c < 4; ++c) sums.at[c] = rows.sums[r][c];
    store_pack(a.partial_sums + at * a.head_size + FloatRows::column(), sums);
    if (FloatRows::column() == 0) a.partial_marks[at] = make_float2(rows.largest[r], total);
  }
}

}  // namespace

void decode_splits_f32(Context& context, const DecodeArguments<float>& a) {
  context.launch("decode_attention", {a.rows, a.heads, a.splits, a.head_size}, decode_splits_f32_kernel,
                 dim3(static_cast<unsigned>(a.rows), static_cast<unsigned>(a.heads / a.heads_per_kv),
                      static_cast<unsigned>(a.splits)),
                 dim3(FloatRows::kThreads), FloatRows::kSharedBytes, a);
}

}  // namespace llava::cuda
