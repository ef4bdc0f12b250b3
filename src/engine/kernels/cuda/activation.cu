// The way out of a float32 result that cuBLASLt left in scratch: bias, activation, one rounding.
//   sums [rows, n] f32, without gaps      out [rows, n] T (bf16, f16) or f32; out may be sums
//   launch   grid (columns / 1024, rows in strides of 65,535), block 256, four columns per thread; any n
//   cost     4 rows n bytes from L2 (linear.cu keeps the result small enough to stay there), 2 rows n bytes out

#include "kernels/cuda/gemm.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int kColumns = 4;
constexpr unsigned kMostRows = 65'535;  // of a grid
// 1,536 threads: as many as an SM of sm_86, sm_89 or sm_120 holds; more is an error of ptxas there. Others hold 2,048, and the registers
// that this takes leave room for them.
constexpr int kBlocksPerSm = 6;

template <typename T>
__global__ void __launch_bounds__(kThreads, kBlocksPerSm)
    activation_kernel(const float* sums, int64_t stride, int64_t rows, int64_t n, const Epilogue epilogue) {
  const int64_t first = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * kColumns;
  if (first >= n) return;
  for (int64_t m = blockIdx.y; m < rows; m += gridDim.y) {
    const float* const from = sums + m * stride + first;
    if (first + kColumns <= n && stride % kColumns == 0) {  // every row begins 16-byte aligned
      const Pack<float> four = load_pack(from);
      emit_pair<T>(epilogue, m, first, four.at[0], four.at[1]);
      emit_pair<T>(epilogue, m, first + 2, four.at[2], four.at[3]);
    } else {
#pragma unroll 1
      for (int64_t c = first; c < n && c < first + kColumns; ++c) emit<T>(epilogue, m, c, from[c - first]);
    }
  }
}

}  // namespace

void finish_product(Context& context, const float* sums, int64_t stride, int64_t rows, int64_t n,
                    const Epilogue& epilogue, DType type) {
  const dim3 grid(blocks_for(n, kThreads * kColumns), static_cast<unsigned>(std::min<int64_t>(rows, kMostRows)));
  with_work_type(type, [&]<typename T>() {
    context.launch("activation", {rows, n}, activation_kernel<T>, grid, dim3(kThreads), 0, sums, stride, rows, n,
                   epilogue);
  });
}

}  // namespace llava::cuda
