// rms_norm and layer_norm, one block per row (rms_norm: per row and head, when the weight has one head's columns).
//   x, out  [rows, h] W, row strides of their own      weight, bias  [h] W      h a multiple of 8
//   launch  grid = rows, block = one thread per 16 bytes of a row, whole warps, at most 1024: a function of h and W alone, and with it the
//           order of the sums
//   cost    rms_norm: 2 rows h size(W) bytes of memory, 4 rows h FLOPs. The second read of a row (layer_norm: and the third) hits the L1
//           cache: a row of 8192 bf16 is 16 KB. Limited by memory bandwidth; a single row by latency, which is why a row has many threads.

#include <algorithm>

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/numbers.h"
#include "kernels/cuda/reduce.h"

namespace llava::cuda {

namespace {

template <typename T>
unsigned threads_of_row(int64_t cols) {
  return static_cast<unsigned>(std::min<int64_t>(1024, (cols / Pack<T>::kCount + kWarp - 1) / kWarp * kWarp));
}

/// The sum of term(x) over the row, on every thread of the block.
template <typename T, typename Term>
__device__ __forceinline__ float row_sum(const T* row, int cols, float* shared, Term term) {
  float sum = 0.0f;
  for (int c = static_cast<int>(threadIdx.x) * Pack<T>::kCount; c < cols;
       c += static_cast<int>(blockDim.x) * Pack<T>::kCount) {
    const Pack<T> pack = load_pack(row + c);
    for (int i = 0; i < Pack<T>::kCount; ++i) sum += term(widen(pack.at[i]));
  }
  return block_sum(sum, shared);
}

template <typename T>
__global__ void rms_norm_kernel(const T* x, int64_t x_stride, const T* weight, float eps, T* out, int64_t out_stride,
                                int cols, unsigned heads) {
  __shared__ float shared[kWarp];
  const auto at = static_cast<int64_t>(blockIdx.x / heads);
  const auto first = static_cast<int64_t>(blockIdx.x % heads) * cols;
  const T* row = x + at * x_stride + first;
  T* target = out + at * out_stride + first;
  const float squares = row_sum(row, cols, shared, [](float v) { return v * v; });
  const float scale = 1.0f / sqrtf(squares / static_cast<float>(cols) + eps);
  // A thread reads the columns that it writes: out may be x.
  for (int c = static_cast<int>(threadIdx.x) * Pack<T>::kCount; c < cols;
       c += static_cast<int>(blockDim.x) * Pack<T>::kCount) {
    Pack<T> pack = load_pack(row + c);
    const Pack<T> w = load_pack(weight + c);
    for (int i = 0; i < Pack<T>::kCount; ++i)
      pack.at[i] = narrow<T>(widen(w.at[i]) * rounded<T>(widen(pack.at[i]) * scale));
    store_pack(target + c, pack);
  }
}

template <typename T>
__global__ void layer_norm_kernel(const T* x, int64_t x_stride, const T* weight, const T* bias, float eps, T* out,
                                  int64_t out_stride, int cols) {
  __shared__ float shared[kWarp];
  const T* row = x + static_cast<int64_t>(blockIdx.x) * x_stride;
  T* target = out + static_cast<int64_t>(blockIdx.x) * out_stride;
  const float mean = row_sum(row, cols, shared, [](float v) { return v; }) / static_cast<float>(cols);
  const float squares = row_sum(row, cols, shared, [mean](float v) { return (v - mean) * (v - mean); });
  const float scale = 1.0f / sqrtf(squares / static_cast<float>(cols) + eps);
  for (int c = static_cast<int>(threadIdx.x) * Pack<T>::kCount; c < cols;
       c += static_cast<int>(blockDim.x) * Pack<T>::kCount) {
    Pack<T> pack = load_pack(row + c);
    const Pack<T> w = load_pack(weight + c);
    const Pack<T> b = load_pack(bias + c);
    for (int i = 0; i < Pack<T>::kCount; ++i)
      pack.at[i] = narrow<T>((widen(pack.at[i]) - mean) * scale * widen(w.at[i]) + widen(b.at[i]));
    store_pack(target + c, pack);
  }
}

}  // namespace

void CudaOps::rms_norm(const View& x, const View& weight, float eps, const View& out) {
  with_work_type(x.dtype, [&]<typename T>() {
    const int64_t heads = x.cols / weight.cols;
    context_.launch("rms_norm", {x.rows, x.cols}, rms_norm_kernel<T>, static_cast<unsigned>(x.rows * heads),
                    threads_of_row<T>(weight.cols), 0, static_cast<const T*>(x.data), x.stride,
                    static_cast<const T*>(weight.data), eps, static_cast<T*>(out.data), out.stride,
                    static_cast<int>(weight.cols), static_cast<unsigned>(heads));
  });
}

void CudaOps::layer_norm(const View& x, const View& weight, const View& bias, float eps, const View& out) {
  with_work_type(x.dtype, [&]<typename T>() {
    context_.launch("layer_norm", {x.rows, x.cols}, layer_norm_kernel<T>, static_cast<unsigned>(x.rows),
                    threads_of_row<T>(x.cols), 0, static_cast<const T*>(x.data), x.stride,
                    static_cast<const T*>(weight.data), static_cast<const T*>(bias.data), eps,
                    static_cast<T*>(out.data), out.stride, static_cast<int>(x.cols));
  });
}

}  // namespace llava::cuda
