// silu_mul: out[r, c] = round(round(silu(x[r, c])) * x[r, width + c])
//   x  [rows, 2 width] W (gate | up)      out  [rows, width] W      width a multiple of 8
//   launch  grid = (rows, width in blocks of 256 packs), block = 256, one pack of 16 bytes per thread
//   cost    3 rows width size(W) bytes, about 20 FLOPs per element; limited by memory bandwidth

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/numbers.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;

template <typename T>
__global__ void silu_mul_kernel(const T* x, int64_t x_stride, T* out, int64_t out_stride, int width) {
  const int c = static_cast<int>(blockIdx.y * kThreads + threadIdx.x) * Pack<T>::kCount;
  if (c >= width) return;
  const T* row = x + static_cast<int64_t>(blockIdx.x) * x_stride;
  Pack<T> gate = load_pack(row + c);
  const Pack<T> up = load_pack(row + width + c);
  for (int i = 0; i < Pack<T>::kCount; ++i) {
    const float g = widen(gate.at[i]);
    gate.at[i] = narrow<T>(rounded<T>(g / (1.0f + expf(-g))) * widen(up.at[i]));
  }
  store_pack(out + static_cast<int64_t>(blockIdx.x) * out_stride + c, gate);
}

}  // namespace

void CudaOps::silu_mul(const View& x, const View& out) {
  with_work_type(x.dtype, [&]<typename T>() {
    const dim3 grid(static_cast<unsigned>(out.rows), blocks_for(out.cols, kThreads * Pack<T>::kCount));
    context_.launch("silu_mul", {out.rows, out.cols}, silu_mul_kernel<T>, grid, kThreads, 0,
                    static_cast<const T*>(x.data), x.stride, static_cast<T*>(out.data), out.stride,
                    static_cast<int>(out.cols));
  });
}

}  // namespace llava::cuda
