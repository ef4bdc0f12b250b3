// mix_rows: rows made of four rows, which shrinks and pools maps of image vectors.
//   out[i, :] = round(sum_j weight[4 i + j] * x[source[4 i + j], :]), j from 0 to 3, or the largest of the four
//   x [*, cols] T      source, weight [4 count]      fill [cols] T, where source[4 i] < 0      out [count, cols] T
//   launch  grid = (rows, width in blocks of 256 packs), block = 256, one pack of 16 bytes per thread; cols a multiple
//           of 8
//   cost    5 count cols size(T) bytes (neighbouring outputs share their sources, which mostly come from L2), 7 count
//           cols FLOPs; limited by memory bandwidth

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/numbers.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;

template <typename T>
__global__ void mix_rows_kernel(const T* x, int64_t x_stride, const int32_t* source, const float* weight, const T* fill,
                                T* out, int64_t out_stride, int cols) {
  const int c = static_cast<int>(blockIdx.y * kThreads + threadIdx.x) * Pack<T>::kCount;
  if (c >= cols) return;
  const int32_t* s = source + static_cast<int64_t>(blockIdx.x) * 4;
  T* to = out + static_cast<int64_t>(blockIdx.x) * out_stride + c;
  if (s[0] < 0) {
    store_pack(to, load_pack(fill + c));
    return;
  }
  float value[Pack<T>::kCount];
  for (int j = 0; j < 4; ++j) {
    const Pack<T> from = load_pack(x + static_cast<int64_t>(s[j]) * x_stride + c);
    const float w = weight != nullptr ? weight[static_cast<int64_t>(blockIdx.x) * 4 + j] : 1.0f;
    for (int i = 0; i < Pack<T>::kCount; ++i) {
      const float term = __fmul_rn(w, widen(from.at[i]));
      if (j == 0) value[i] = term;
      else if (weight != nullptr) value[i] = __fadd_rn(value[i], term);
      else value[i] = fmaxf(value[i], term);
    }
  }
  Pack<T> pack;
  for (int i = 0; i < Pack<T>::kCount; ++i) pack.at[i] = narrow<T>(value[i]);
  store_pack(to, pack);
}

}  // namespace

void CudaOps::mix_rows(const View& x, const int32_t* source, const float* weight, int64_t count, const View* fill,
                       const View& out) {
  with_work_type(out.dtype, [&]<typename T>() {
    const dim3 grid(static_cast<unsigned>(count), blocks_for(out.cols, kThreads * Pack<T>::kCount));
    context_.launch("mix_rows", {count, out.cols}, mix_rows_kernel<T>, grid, kThreads, 0, static_cast<const T*>(x.data),
                    x.stride, source, weight, static_cast<const T*>(fill != nullptr ? fill->data : nullptr),
                    static_cast<T*>(out.data), out.stride, static_cast<int>(out.cols));
  });
}

}  // namespace llava::cuda
