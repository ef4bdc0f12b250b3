// out = epilogue(x w^T) for decode: few rows of x, so the weights' bytes decide.
//   x [rows, k] T (bf16 or f16)      w [n, k] T, or [n, k] bytes (quantised.h); any number of rows, k a multiple of 8
//   launch   grid (row tiles, weight blocks), 256 threads. A block takes 16 kWeightTiles rows of w and 8 kRowTiles rows
//            of x; the geometry
//            follows the number of rows and cannot be seen in the bits.
//   warps    the eight warps of a block share the same tile of out and split k: warp i takes the chunks i, i + 8, ...
//            of 64 bytes of w per
//            row. w stands on the wide side (16) of the mma, x on the narrow one (8). Which eight of k a lane brings
//            does not matter to a sum, so lane (g, t) loads 16 bytes at 16 t of rows g and g + 8 and uses them as they
//            come: no ldmatrix, no swizzle.
//   shared   a ring of stages in which every thread keeps the 16-byte pieces that it will read itself: cp.async as a
//            longer register file,
//            no barrier in the loop. Afterwards the eight partial sums of the tile.
//   order    chunks of a warp ascending, then warps 0 to 7: a function of k alone
//   cost     n k sizeof(w) bytes once for up to 8 kRowTiles rows; limited by DRAM. x comes from L2 for every weight
//            block, so wider row
//            tiles go with wider weight blocks: 64 rows read x once per 64 rows of w, as many bytes as w itself.

#include <llava_ptx.h>

#include "kernels/cuda/gemm.h"
#include "kernels/cuda/quantised.h"

namespace llava::cuda {

namespace {

constexpr int kWarps = 8;
constexpr int kThreads = 32 * kWarps;

template <typename T, Storage kStorage, int kRowTiles, int kWeightTiles>
struct Geometry {
  static constexpr int kSpan = 16 / static_cast<int>(size_of(kStorage));  // of k, per lane and chunk
  static constexpr int kChunk = 4 * kSpan;                                // of k, per warp and step
  static constexpr int kPieces = kSpan / 8;                               // 16-byte pieces of x that go with one of w
  static constexpr int kSlots = 2 * kWeightTiles + kPieces * kRowTiles;   // 16-byte pieces per thread and stage
  static constexpr int kStageBytes = kSlots * 16 * kThreads;
  // What all of sm_80, sm_89 and sm_90 can give a block is 99 KiB; the widest geometry is for sm_90 alone.
  static constexpr int kRoom = (kRowTiles == 8 ? 192 : 96) * 1024;
  static constexpr int kStages = kRoom / kStageBytes < 4 ? kRoom / kStageBytes : 4;
  static constexpr int kRows = 8 * kRowTiles;
  static constexpr int kColumns = 16 * kWeightTiles;
  static constexpr int kPitch = kColumns + 4;  // of the partial sums: lanes (g, t) hit bank g + 8 t
  static constexpr int kPartialBytes = kWarps * kRows * kPitch * 4;
  static constexpr size_t kShared = kStages * kStageBytes > kPartialBytes ? kStages* kStageBytes : kPartialBytes;
  static_assert(kStages >= 2 && kShared <= kRoom);
};

template <typename T, Storage kStorage, int kRowTiles, int kWeightTiles>
__global__ void __launch_bounds__(kThreads) decode_kernel(const Product p) {
  using G = Geometry<T, kStorage, kRowTiles, kWeightTiles>;
  unsigned char* const shared = dynamic_shared();
  uint4* const ring = reinterpret_cast<uint4*>(shared);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int g = lane / 4, t = lane % 4;
  const int first_row = static_cast<int>(blockIdx.x) * G::kRows;
  const int first_column = static_cast<int>(blockIdx.y) * G::kColumns;
  const T* const x = static_cast<const T*>(p.x) + (first_row + g) * p.x_stride;
  const int64_t pitch = size_of(kStorage) == 1 ? quantised_pitch(p.k) : p.k;
  const auto* const w =
      static_cast<const unsigned char*>(p.w) + (first_column + g) * pitch * static_cast<int64_t>(size_of(kStorage));

  const int chunks = (p.k + G::kChunk - 1) / G::kChunk;
  const int steps = (chunks - warp + kWarps - 1) / kWarps;
  const auto slot = [&](int stage, int piece) { return ring + (stage * G::kSlots + piece) * kThreads + thread; };
  const auto load = [&](int step) {
    const int stage = step % G::kStages;
    const int k = (warp + step * kWarps) * G::kChunk + t * G::kSpan;
#pragma unroll
    for (int i = 0; i < 2 * kWeightTiles; ++i) {
      copy_async(slot(stage, i), w + (8 * i * pitch + k) * static_cast<int64_t>(size_of(kStorage)),
                 first_column + g + 8 * i < p.n && k < p.k);
    }
#pragma unroll
    for (int j = 0; j < kRowTiles; ++j) {
#pragma unroll
      for (int piece = 0; piece < G::kPieces; ++piece) {
        copy_async(slot(stage, 2 * kWeightTiles + j * G::kPieces + piece), x + 8 * j * p.x_stride + k + 8 * piece,
                   first_row + g + 8 * j < p.rows && k + 8 * piece < p.k);
      }
    }
  };

  float sum[kWeightTiles][kRowTiles][4] = {};
  for (int step = 0; step < G::kStages - 1; ++step) {
    if (step < steps) load(step);
    commit_copies();
  }
  for (int step = 0; step < steps; ++step) {
    wait_copies<G::kStages - 2>();
    // Before the products, so that it is under way meanwhile; into the stage that was read a step ago, by this thread
    // alone.
    if (step + G::kStages - 1 < steps) load(step + G::kStages - 1);
    commit_copies();
    const int stage = step % G::kStages;
    if constexpr (G::kPieces == 1) {
      uint4 weights[2 * kWeightTiles];
#pragma unroll
      for (int i = 0; i < 2 * kWeightTiles; ++i) weights[i] = *slot(stage, i);
#pragma unroll
      for (int j = 0; j < kRowTiles; ++j) {
        const uint4 row = *slot(stage, 2 * kWeightTiles + j);
#pragma unroll
        for (int i = 0; i < kWeightTiles; ++i) {
          const uint4 up = weights[2 * i], down = weights[2 * i + 1];
          mma_16x8x16<T>(sum[i][j], {up.x, down.x, up.y, down.y}, {row.x, row.y});
          mma_16x8x16<T>(sum[i][j], {up.z, down.z, up.w, down.w}, {row.z, row.w});
        }
      }
    } else {
#pragma unroll(kRowTiles == 8 ? 1 : 2)
      // Halves of the four words: not more widened weights at a time than there are registers.
      for (int half = 0; half < 2; ++half) {
        uint32_t wide[2][kWeightTiles][4];
#pragma unroll
        for (int i = 0; i < kWeightTiles; ++i) {
          const uint2 up = reinterpret_cast<const uint2*>(slot(stage, 2 * i))[half];
          const uint2 down = reinterpret_cast<const uint2*>(slot(stage, 2 * i + 1))[half];
          widen_word<T, kStorage>(up.x, wide[0][i][0], wide[0][i][2]);
          widen_word<T, kStorage>(down.x, wide[0][i][1], wide[0][i][3]);
          widen_word<T, kStorage>(up.y, wide[1][i][0], wide[1][i][2]);
          widen_word<T, kStorage>(down.y, wide[1][i][1], wide[1][i][3]);
        }
#pragma unroll
        for (int j = 0; j < kRowTiles; ++j) {
          const int piece = 2 * kWeightTiles + 2 * j;
          const uint2 low = reinterpret_cast<const uint2*>(slot(stage, piece))[half];
          const uint2 high = reinterpret_cast<const uint2*>(slot(stage, piece + 1))[half];
#pragma unroll
          for (int i = 0; i < kWeightTiles; ++i) {
            mma_16x8x16<T>(sum[i][j], wide[0][i], {low.x, high.x});
            mma_16x8x16<T>(sum[i][j], wide[1][i], {low.y, high.y});
          }
        }
      }
    }
  }

  wait_copies<0>();
  __syncthreads();
  float* const partial = reinterpret_cast<float*>(shared);  // [warp][row][column]
#pragma unroll
  for (int i = 0; i < kWeightTiles; ++i) {
#pragma unroll
    for (int j = 0; j < kRowTiles; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int row = 8 * j + 2 * t + e % 2, column = 16 * i + 8 * (e / 2) + g;
        partial[(warp * G::kRows + row) * G::kPitch + column] = sum[i][j][e];
      }
    }
  }
  __syncthreads();
  for (int i = thread; i < G::kRows * G::kColumns; i += kThreads) {
    const int row = i / G::kColumns, column = i % G::kColumns;
    const int m = first_row + row, n = first_column + column;
    if (m >= p.rows || n >= p.n) continue;
    float total = 0.0f;
#pragma unroll
    for (int part = 0; part < kWarps; ++part)
      total = __fadd_rn(total, partial[(part * G::kRows + row) * G::kPitch + column]);
    emit<T>(p.epilogue, m, n, total);
  }
}

template <typename T, Storage kStorage, int kRowTiles, int kWeightTiles>
void launch(Context& context, const Product& product) {
  using G = Geometry<T, kStorage, kRowTiles, kWeightTiles>;
  context.launch("linear (decode)", {product.rows, product.n, product.k},
                 decode_kernel<T, kStorage, kRowTiles, kWeightTiles>,
                 dim3(blocks_for(product.rows, G::kRows), blocks_for(product.n, G::kColumns)), dim3(kThreads),
                 G::kShared, product);
}

}  // namespace

void decode_product(Context& context, const Product& product, DType type, Storage storage) {
  with_tensor_core_types(type, storage, [&]<typename T, Storage kStorage>() {
    if (product.rows <= 8) {
      // Short weights need narrow blocks to reach every processor.
      const bool many = product.n >= 32 * 4 * context.processors();
      return many ? launch<T, kStorage, 1, 2>(context, product) : launch<T, kStorage, 1, 1>(context, product);
    }
    if (product.rows <= 16) return launch<T, kStorage, 2, 2>(context, product);
    if (product.rows > 32 && context.shared_limit() >= Geometry<T, kStorage, 8, 4>::kShared)
      return launch<T, kStorage, 8, 4>(context, product);
    launch<T, kStorage, 4, 2>(context, product);
  });
}

}  // namespace llava::cuda
