// rotate_rows: heads turned in place by angles of their row.
//   halves      y[c] = round(x[c] cos[c] - x[c + D/2] sin[c]),  y[c + D/2] = round(x[c + D/2] cos[c] + x[c] sin[c])
//   neighbours  y[2 i] = round(x[2 i] cos[2 i] - x[2 i + 1] sin[2 i]),  y[2 i + 1] = round(x[2 i + 1] cos[2 i + 1] +
//               x[2 i] sin[2 i + 1]), angles at c mod D/2
//   x [rows, heads * D] T, any row stride      cos, sin [rows, D/2] f32
//   launch  grid = rows, block = 128; a thread turns pairs
//   cost    2 rows cols size(T) bytes, and D/2 angles a row that its heads share in the L1 cache; limited by memory
//           bandwidth

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/numbers.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 128;

template <typename T>
__global__ void rotate_rows_kernel(T* x, int64_t stride, int cols, const float* cos, const float* sin, int half,
                                   bool halves) {
  T* const row = x + static_cast<int64_t>(blockIdx.x) * stride;
  const float* const c = cos + static_cast<int64_t>(blockIdx.x) * half;
  const float* const s = sin + static_cast<int64_t>(blockIdx.x) * half;
  for (int pair = static_cast<int>(threadIdx.x); pair < cols / 2; pair += kThreads) {
    const int head = pair / half * 2 * half;
    const int i = pair % half;
    const int low = halves ? i : 2 * i;
    const int high = halves ? i + half : 2 * i + 1;
    const float a = widen(row[head + low]);
    const float b = widen(row[head + high]);
    row[head + low] = narrow<T>(__fsub_rn(__fmul_rn(a, c[low % half]), __fmul_rn(b, s[low % half])));
    row[head + high] = narrow<T>(__fadd_rn(__fmul_rn(b, c[high % half]), __fmul_rn(a, s[high % half])));
  }
}

}  // namespace

void CudaOps::rotate_rows(const View& x, const float* cos, const float* sin, const AttentionShape& shape, Pairs pairs) {
  with_work_type(x.dtype, [&]<typename T>() {
    context_.launch("rotate_rows", {x.rows, x.cols}, rotate_rows_kernel<T>, static_cast<unsigned>(x.rows), kThreads, 0,
                    static_cast<T*>(x.data), x.stride, static_cast<int>(x.cols), cos, sin, shape.head_size / 2,
                    pairs == Pairs::halves);
  });
}

}  // namespace llava::cuda
