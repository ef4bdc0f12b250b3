// out[s, :] = softmax(scale q[s, :] k^T) v for the newest token of every sequence, per head, over the paged cache.
// bf16, f16;
// float32: decode_attention_f32.cu
//   q, out [sequences, heads * head_size], any row strides; keys, values pages of 64 keys; scratch: one partial result
//   per row, head and split
//   splits  grid = (sequences, kv heads, splits of 256 keys up to longest_kv): blocks without work leave at once, so
//           that a graph keeps its grid.
//           block = 4 warps per 16 (row, head) pairs of the chunk (decode_rows.h), up to 64 pairs: warp w takes keys 16
//           (w % 4) .. + 15 of every 64-key tile with its own running softmax, then the four are added in order. k and
//           v of two tiles are under way (cp.async).
//   shared  (pairs + 256) * (padded head size + 8) * 2 bytes: 72 KB at head size 128 and 16 pairs, three blocks per
//           processor of 228 KB
//   merge   one warp per (row, head), splits in ascending order
//   cost    2 * keys * head_size * 2 bytes per kv head and chunk; partial results 2 * 4 * (head_size + 2) bytes per
//           row, head and split
//   limit   memory: 16 FLOP of mma per byte of k and v, whatever the number of pairs up to 16

#include "kernels/cuda/attention_tile.h"
#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/decode_rows.h"

namespace llava::cuda {

namespace {

constexpr int kTilePairs = 16;
constexpr int kKeyWarps = 4;
constexpr int kWarpKeys = kPageTokens / kKeyWarps;
constexpr int kTileThreads = kKeyWarps * static_cast<int>(kWarp);
constexpr int kMostTiles = 4;
constexpr int kStages = 2;

template <typename T, int kSize>
struct DecodeShared {
  static constexpr int kStride = TileLayout<kSize>::kStride;
  static constexpr int kSumStride = kSize + 8;  // floats
  static constexpr int kStageElements = 2 * kPageTokens * kStride;

  static constexpr size_t bytes(int tiles) {
    return static_cast<size_t>(tiles * kTilePairs * kStride + kStages * kStageElements) * sizeof(T);
  }

  // The warps' results take the place of k and v.
  static_assert(kKeyWarps * kTilePairs * (kSumStride + 2) * sizeof(float) <= kStages * kStageElements * sizeof(T));
};

template <typename T, int kSize>
__global__ void __launch_bounds__(kMostTiles* kTileThreads) decode_splits_kernel(DecodeArguments<T> a) {
  using Shared = DecodeShared<T, kSize>;
  constexpr int kStride = Shared::kStride;
  const int tiles = static_cast<int>(blockDim.x) / kTileThreads;
  const DecodeChunk chunk = decode_chunk(a, tiles * kTilePairs / a.heads_per_kv);
  if (chunk.rows == 0) return;
  const int kv_head = static_cast<int>(blockIdx.y);
  const int split = static_cast<int>(blockIdx.z);
  const int pairs = chunk.rows * a.heads_per_kv;
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  const int key_warp = static_cast<int>(threadIdx.x / kWarp) % kKeyWarps;
  const int tile = static_cast<int>(threadIdx.x) / kTileThreads;

  unsigned char* const shared = dynamic_shared();
  T* const queries = reinterpret_cast<T*>(shared);
  T* const stages = queries + tiles * kTilePairs * kStride;

  // Pairs beyond the last see what the last sees.
  Visible seen[2];
  for (int half = 0; half < 2; ++half) {
    const int pair = tile * kTilePairs + half * 8 + lane / 4;
    seen[half] =
        visible_to(a.kv_length[chunk.first_row + (pair < pairs ? pair : pairs - 1) / a.heads_per_kv], a.window);
  }
  // Keys of this split that the chunk reads: rows that share it see it to its end.
  const Visible first_row = visible_to(a.kv_length[chunk.first_row], a.window);
  const int begin = split * kSplitTokens;
  const int end = first_row.high < begin + kSplitTokens ? first_row.high : begin + kSplitTokens;
  const int first = chunk.rows == 1 && first_row.low > begin ? first_row.low / kPageTokens : begin / kPageTokens;

  const auto copy_stage = [&](int index) {
    if (index * kPageTokens < end) {
      const int64_t start = a.source.tile_at(chunk.first_row, index, kv_head);
      T* const to = stages + index % kStages * Shared::kStageElements;
      const int valid = end - index * kPageTokens;
      const auto copy = [&](T* shared_rows, const T* from) {
        copy_rows<T, kSize, kPageTokens, kTileThreads>(
            shared_rows, valid, a.head_size,
            [&](int row, int column) { return from + start + (row * a.source.row_elements + column); }, tile, tiles);
      };
      copy(to, a.source.keys);
      copy(to + kPageTokens * kStride, a.source.values);
    }
    commit_copies();
  };
  copy_rows<T, kSize, kTilePairs, kTileThreads>(
      queries + tile * kTilePairs * kStride, pairs - tile * kTilePairs, a.head_size, [&](int row, int column) {
        const int pair = tile * kTilePairs + row;
        const int head = kv_head * a.heads_per_kv + pair % a.heads_per_kv;
        return a.q + (chunk.first_row + pair / a.heads_per_kv) * a.q_stride + head * a.head_size + column;
      });
  for (int i = 0; i < kStages; ++i) copy_stage(first + i);

  SoftmaxRows<kSize, 1> state;
  state.start();
  for (int index = first; index * kPageTokens < end; ++index) {
    wait_copies<kStages - 1>();
    __syncthreads();
    const int first_key = index * kPageTokens + key_warp * kWarpKeys;
    const auto sees = [&](const Visible& v) { return first_key < v.high && first_key + kWarpKeys > v.low; };
    if (tile * kTilePairs < pairs && __ballot_sync(kAllLanes, sees(seen[0]) || sees(seen[1])) != 0) {
      const T* const keys = stages + index % kStages * Shared::kStageElements + key_warp * kWarpKeys * kStride;
      float score[1][kWarpKeys / 8][4];
      score_keys<T, kSize, 1, kWarpKeys>(score, keys, [&](int step, uint32_t(&q)[1][4]) {
        load_left<T, kSize>(q[0], queries + tile * kTilePairs * kStride, step);
      });
      hide_keys<1, kWarpKeys>(score, first_key, [&](int, int half) { return seen[half]; });
      soften<kSize, 1, kWarpKeys>(score, state, a.exponent_scale);
      add_values<T, kSize, 1, kWarpKeys>(score, state, keys + kPageTokens * kStride);
    }
    __syncthreads();
    copy_stage(index + kStages);
  }

  // The four warps of each tile into one partial result, in order of their keys.
  float* const sums = reinterpret_cast<float*>(stages);  // [kKeyWarps][kTilePairs][kSumStride]
  float* const marks =
      sums + kKeyWarps * kTilePairs * Shared::kSumStride;  // [2][kKeyWarps][kTilePairs]: largest, total
  const float total[2] = {quad_sum(state.total[0][0]), quad_sum(state.total[0][1])};
  wait_copies<0>();
  for (int t = 0; t * kTilePairs < pairs; ++t) {
    __syncthreads();
    if (tile == t) {
      for (int half = 0; half < 2; ++half) {
        const int pair = key_warp * kTilePairs + half * 8 + lane / 4;
        if (lane % 4 == 0) {  // the four lanes of a quad have the same
          marks[pair] = state.largest[0][half];
          marks[kKeyWarps * kTilePairs + pair] = total[half];
        }
#pragma unroll
        for (int c = 0; c < kSize / 8; ++c) {
          float* const to = sums + pair * Shared::kSumStride + c * 8 + 2 * (lane % 4);
          to[0] = state.sums[0][c][2 * half];
          to[1] = state.sums[0][c][2 * half + 1];
        }
      }
    }
    __syncthreads();
    const int here = pairs - t * kTilePairs < kTilePairs ? pairs - t * kTilePairs : kTilePairs;
    const int vectors = a.head_size / 4;
    for (int i = static_cast<int>(threadIdx.x); i < here * vectors; i += static_cast<int>(blockDim.x)) {
      const int pair = i / vectors;
      const int column = i % vectors * 4;
      float most = kNoScore;
      for (int w = 0; w < kKeyWarps; ++w) most = fmaxf(most, marks[w * kTilePairs + pair]);
      float all = 0.0f;
      Pack<float> sum = {};
      for (int w = 0; w < kKeyWarps; ++w) {
        const int part = w * kTilePairs + pair;
        const float weight = fast_exp2((marks[part] - most) * a.exponent_scale);
        all = fmaf(weight, marks[kKeyWarps * kTilePairs + part], all);
        const Pack<float> add = load_pack(sums + part * Shared::kSumStride + column);
        for (int e = 0; e < 4; ++e) sum.at[e] = fmaf(weight, add.at[e], sum.at[e]);
      }
      const int of_chunk = t * kTilePairs + pair;
      const int64_t at = a.partial_at(chunk.first_row + of_chunk / a.heads_per_kv,
                                      kv_head * a.heads_per_kv + of_chunk % a.heads_per_kv, split);
      store_pack(a.partial_sums + at * a.head_size + column, sum);
      if (column == 0) a.partial_marks[at] = make_float2(most, all);
    }
  }
}

template <typename T, int kSize>
void launch_size(Context& context, const DecodeArguments<T>& a, int tiles) {
  context.launch("decode_attention", {a.rows, a.heads, a.splits, a.head_size}, decode_splits_kernel<T, kSize>,
                 dim3(static_cast<unsigned>(a.rows), static_cast<unsigned>(a.heads / a.heads_per_kv),
                      static_cast<unsigned>(a.splits)),
                 dim3(static_cast<unsigned>(tiles * kTileThreads)), DecodeShared<T, kSize>::bytes(tiles), a);
}

template <typename T>
void decode_splits(Context& context, const DecodeArguments<T>& a) {
  // As many pairs per block as a group of average size fills.
  int64_t tiles = 1;
  if (a.groups > 0 && a.groups < a.rows) {
    const int64_t pairs = (int64_t{a.rows} + a.groups - 1) / a.groups * a.heads_per_kv;
    tiles = std::min<int64_t>(kMostTiles, (pairs + kTilePairs - 1) / kTilePairs);
  }
  const int count = static_cast<int>(tiles);
  if (a.head_size <= 32) return launch_size<T, 32>(context, a, count);
  if (a.head_size <= 64) return launch_size<T, 64>(context, a, count);
  if (a.head_size <= 80) return launch_size<T, 80>(context, a, count);
  if (a.head_size <= 128) return launch_size<T, 128>(context, a, count);
  throw ContractViolation("decode_attention: the head size is above 128");
}

void decode_splits(Context& context, const DecodeArguments<float>& a) { decode_splits_f32(context, a); }

int64_t splits_of(int64_t tokens) { return (tokens + kSplitTokens - 1) / kSplitTokens; }

size_t partial_bytes(int64_t rows, int64_t heads, int64_t tokens, int64_t head_size) {
  return static_cast<size_t>(rows * heads * splits_of(tokens) * (head_size + 2)) * sizeof(float);
}

}  // namespace

size_t decode_attention_scratch_bytes(const Limits& limits) {
  return partial_bytes(limits.decode_rows, limits.heads, limits.context, limits.head_size);
}

void CudaOps::decode_attention(const View& q, const KvLayer& cache, const DecodeBatch& batch,
                               const AttentionShape& shape, const View& out) {
  context_.enter();
  if (batch.sequences == 0 || batch.longest_kv == 0) return;
  if (shape.heads / shape.kv_heads > kMostHeadsPerKv)
    throw ContractViolation("decode_attention: more than 16 query heads per kv head");
  if (partial_bytes(batch.sequences, shape.heads, batch.longest_kv, shape.head_size) >
      scratch_.decode_attention.bytes()) {
    throw ContractViolation("decode_attention: more rows or a longer context than reserve() was told");
  }
  with_work_type(q.dtype, [&]<typename T>() {
    DecodeArguments<T> a;
    a.q = static_cast<const T*>(q.data);
    a.out = static_cast<T*>(out.data);
    a.q_stride = q.stride;
    a.out_stride = out.stride;
    a.source = paged_source<T>(cache, batch.page_table, batch.page_stride);
    a.kv_length = batch.kv_length;
    a.group_start = batch.group_start;
    a.group_shared_tokens = batch.group_shared_tokens;
    a.groups = batch.groups;
    a.rows = batch.sequences;
    a.heads = shape.heads;
    a.heads_per_kv = shape.heads / shape.kv_heads;
    a.head_size = shape.head_size;
    a.window = shape.window;
    a.splits = static_cast<int32_t>(splits_of(batch.longest_kv));
    a.exponent_scale = shape.scale * kLog2E;
    a.partial_sums = scratch_.decode_attention.as<float>();
    a.partial_marks = reinterpret_cast<float2*>(a.partial_sums + int64_t{a.rows} * a.heads * a.splits * a.head_size);
    decode_splits(context_, a);
    merge_splits(context_, a);
  });
}

}  // namespace llava::cuda
