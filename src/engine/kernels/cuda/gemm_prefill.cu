// out = epilogue(x w^T) on tensor cores, for prompts and the tower where cuBLASLt is missing, breaks the promise of
// equal bits, or cannot read the weight (one byte per value).
//   x [rows, k] T (bf16 or f16)      w [n, k] T, or [n, k] bytes (quantised.h), widened in registers on their way to
//   the tensor core
//   launch   one block of 256 threads per 128 x 128 tile of out; tiles go down 16 row blocks, then to the next columns,
//            so that the blocks
//            that run together share rows of x and w in L2. Rows, n arbitrary; k a multiple of 8.
//   shared   four stages of 32 columns, swizzled: the 16-byte chunk c of row r lies at c ^ (r / 2 % 4), so that neither
//            the copies nor
//            ldmatrix meet a bank twice
//   warps    2 x 4, each 64 x 32 of the tile: 16 mma per 6 ldmatrix
//   order    k ascending, 16 at a time, in one float32 accumulator: a function of k alone
//   cost     2 rows n k FLOP; limited by mma.sync issue (on sm_90 below the rate of cuBLASLt's wgmma)

#include <llava_ptx.h>

#include "kernels/cuda/gemm.h"
#include "kernels/cuda/quantised.h"

namespace llava::cuda {

namespace {

constexpr int kTile = 128;  // rows and columns of out per block
constexpr int kDepth = 32;  // of k per stage
constexpr int kStages = 4;
constexpr int kThreads = 256;
constexpr int kRowBlocks = 16;  // row blocks that are walked before the next column block

constexpr bool is_quantised(Storage storage) { return storage == Storage::i8 || storage == Storage::f8; }

template <typename T, Storage kStorage>
constexpr int kStageBytes = kTile* kDepth* static_cast<int>(sizeof(T) + size_of(kStorage));

/// Of a tile row of 32 two-byte elements: where its 16-byte chunk lies, in bytes.
__device__ __forceinline__ int chunk_at(int row, int chunk) {
  return row * (2 * kDepth) + (chunk ^ (row / 2 % 4)) * 16;
}
/// Of a tile row of 32 bytes: where its group of 16 lies. Lane (g, t) of a fragment reads word t of row g: rows 4 apart
/// share banks.
__device__ __forceinline__ int group_at(int row, int group) { return row * kDepth + (group ^ (row / 4 % 2)) * 16; }

/// Starts the copies of columns [k, k + 32) into one stage.
template <typename T, Storage kStorage>
__device__ __forceinline__ void load_stage(const Product& p, unsigned char* stage, int first_row, int first_column,
                                           int k) {
  const int thread = static_cast<int>(threadIdx.x);
  unsigned char* const a = stage;
  unsigned char* const b = stage + kTile * kDepth * sizeof(T);
  const T* const x = static_cast<const T*>(p.x);
  for (int i = thread; i < kTile * 4; i += kThreads) {
    const int row = i / 4, chunk = i % 4, m = first_row + row, at = k + chunk * 8;
    copy_async(a + chunk_at(row, chunk), x + m * p.x_stride + at, m < p.rows && at < p.k);
  }
  if constexpr (is_quantised(kStorage)) {
    const auto* const w = static_cast<const unsigned char*>(p.w);
    const int64_t pitch = quantised_pitch(p.k);
    const int row = thread / 2, group = thread % 2, n = first_column + row, at = k + group * kGroup;
    copy_async(b + group_at(row, group), w + n * pitch + at, n < p.n && at < p.k);
  } else {
    const T* const w = static_cast<const T*>(p.w);
    for (int i = thread; i < kTile * 4; i += kThreads) {
      const int row = i / 4, chunk = i % 4, n = first_column + row, at = k + chunk * 8;
      copy_async(b + chunk_at(row, chunk), w + static_cast<int64_t>(n) * p.k + at, n < p.n && at < p.k);
    }
  }
}

template <typename T, Storage kStorage>
__global__ void __launch_bounds__(kThreads, 2) prefill_kernel(const Product p) {
  unsigned char* const shared = dynamic_shared();
  constexpr int kStage = kStageBytes<T, kStorage>;
  const int row_blocks = (p.rows + kTile - 1) / kTile;
  const int column_blocks = (p.n + kTile - 1) / kTile;
  const int band = static_cast<int>(blockIdx.x) / (kRowBlocks * column_blocks);
  const int band_rows = min(kRowBlocks, row_blocks - band * kRowBlocks);
  const int in_band = static_cast<int>(blockIdx.x) - band * kRowBlocks * column_blocks;
  const int first_row = (band * kRowBlocks + in_band % band_rows) * kTile;
  const int first_column = in_band / band_rows * kTile;

  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const int g = lane / 4, t = lane % 4;
  const int warp_row = warp / 4 * 64, warp_column = warp % 4 * 32;
  float sum[4][4][4] = {};  // [16 rows][8 columns][fragment]

  const int steps = (p.k + kDepth - 1) / kDepth;
  for (int s = 0; s < kStages - 1; ++s) {
    if (s < steps) load_stage<T, kStorage>(p, shared + s * kStage, first_row, first_column, s * kDepth);
    commit_copies();
  }
  for (int step = 0; step < steps; ++step) {
    wait_copies<kStages - 2>();
    __syncthreads();  // this step's columns are there for everybody, and everybody is done with the step before
    const int ahead = step + kStages - 1;
    if (ahead < steps)
      load_stage<T, kStorage>(p, shared + ahead % kStages * kStage, first_row, first_column, ahead * kDepth);
    commit_copies();

    const unsigned char* const a = shared + step % kStages * kStage;
    const unsigned char* const b = a + kTile * kDepth * sizeof(T);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      uint32_t rows[4][4], columns[4][2];
#pragma unroll
      for (int i = 0; i < 4; ++i)
        load_matrices(rows[i], a + chunk_at(warp_row + 16 * i + lane % 16, 2 * half + lane / 16));
      if constexpr (is_quantised(kStorage)) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          const uint32_t word = *reinterpret_cast<const uint32_t*>(b + group_at(warp_column + 8 * j + g, half) + 4 * t);
          widen_word<T, kStorage>(word, columns[j][0], columns[j][1]);
        }
      } else {
#pragma unroll
        for (int j = 0; j < 2; ++j) {
          uint32_t two[4];
          load_matrices(two, b + chunk_at(warp_column + 16 * j + lane % 8 + lane / 16 * 8, 2 * half + lane / 8 % 2));
          columns[2 * j][0] = two[0], columns[2 * j][1] = two[1];
          columns[2 * j + 1][0] = two[2], columns[2 * j + 1][1] = two[3];
        }
      }
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) mma_16x8x16<T>(sum[i][j], rows[i], columns[j]);
      }
    }
  }
  wait_copies<0>();

#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
#pragma unroll
      for (int down = 0; down < 2; ++down) {
        const int m = first_row + warp_row + 16 * i + 8 * down + g;
        const int n = first_column + warp_column + 8 * j + 2 * t;
        if (m >= p.rows || n >= p.n) continue;
        if (n + 1 < p.n) {
          emit_pair<T>(p.epilogue, m, n, sum[i][j][2 * down], sum[i][j][2 * down + 1]);
        } else {
          emit<T>(p.epilogue, m, n, sum[i][j][2 * down]);
        }
      }
    }
  }
}

}  // namespace

void prefill_product(Context& context, const Product& product, DType type, Storage storage) {
  const unsigned blocks = blocks_for(product.rows, kTile) * blocks_for(product.n, kTile);
  with_tensor_core_types(type, storage, [&]<typename T, Storage kStorage>() {
    context.launch("linear (prefill)", {product.rows, product.n, product.k}, prefill_kernel<T, kStorage>, dim3(blocks),
                   dim3(kThreads), kStages * kStageBytes<T, kStorage>, product);
  });
}

}  // namespace llava::cuda
