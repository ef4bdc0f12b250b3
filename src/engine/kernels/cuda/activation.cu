// The way out of a float32 result that cuBLASLt left in scratch: bias, activation, one rounding.
//   sums [rows, n] f32, without gaps      out [rows, n] T (bf16, f16) or f32; out may be sums
//   launch   grid-stride over elements; any n
//   cost     4 rows n bytes from L2 (linear.cu keeps the result small enough to stay there), 2 rows n bytes out

#include "kernels/cuda/gemm.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;
constexpr unsigned kMostBlocks = 8192;

template <typename T>
__global__ void activation_kernel(const float* sums, int64_t stride, int64_t rows, int64_t n, const Epilogue epilogue) {
  const int64_t count = rows * n;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t m = i / n, c = i % n;
    emit<T>(epilogue, m, c, sums[m * stride + c]);
  }
}

}  // namespace

void finish_product(Context& context, const float* sums, int64_t stride, int64_t rows, int64_t n,
                    const Epilogue& epilogue, DType type) {
  const unsigned blocks = std::min(blocks_for(rows * n, kThreads), kMostBlocks);
  with_work_type(type, [&]<typename T>() {
    context.launch("activation", {rows, n}, activation_kernel<T>, dim3(blocks), dim3(kThreads), 0, sums, stride, rows,
                   n, epilogue);
  });
}

}  // namespace llava::cuda
