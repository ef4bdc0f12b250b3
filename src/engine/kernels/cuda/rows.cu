// embed and gather_rows: copies of whole rows chosen by device indices.
//   launch  grid = (rows to copy, width in blocks of 256 packs), block = 256, one pack of 16 bytes per thread
//   cost    2 * count * width * size bytes, no arithmetic; limited by memory bandwidth (a table in host memory: by the
//           bus)

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/numbers.h"
#include "kernels/cuda/weights.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;

/// out[i, :] = table[ids[i], :], left as it is where ids[i] < 0.   table [rows, width] From, out [count, width] To;
/// width a multiple of 8
template <typename From, typename To>
__global__ void embed_kernel(const From* table, const int32_t* ids, To* out, int64_t out_stride, int width) {
  const int c = static_cast<int>(blockIdx.y * kThreads + threadIdx.x) * Pack<To>::kCount;
  const int32_t id = ids[blockIdx.x];
  if (id < 0 || c >= width) return;
  const From* row = table + static_cast<int64_t>(id) * width + c;
  Pack<To> pack;
  for (int i = 0; i < Pack<To>::kCount; ++i) pack.at[i] = narrow<To>(widen(row[i]));
  store_pack(out + static_cast<int64_t>(blockIdx.x) * out_stride + c, pack);
}

template <typename T>
__global__ void embed_same_kernel(const T* table, const int32_t* ids, T* out, int64_t out_stride, int width) {
  const int c = static_cast<int>(blockIdx.y * kThreads + threadIdx.x) * Pack<T>::kCount;
  const int32_t id = ids[blockIdx.x];
  if (id < 0 || c >= width) return;
  store_pack(out + static_cast<int64_t>(blockIdx.x) * out_stride + c,
             load_pack(table + static_cast<int64_t>(id) * width + c));
}

/// out[target ? target[i] : i, :] = source[i] >= 0 ? x[source[i], :] : fill[:]; widths and strides in packs of 16
/// bytes.
__global__ void gather_rows_kernel(const Pack<uint8_t>* x, int64_t x_stride, const int32_t* source,
                                   const int32_t* target, const Pack<uint8_t>* fill, Pack<uint8_t>* out,
                                   int64_t out_stride, int packs) {
  const int c = static_cast<int>(blockIdx.y * kThreads + threadIdx.x);
  if (c >= packs) return;
  const int32_t from = source[blockIdx.x];
  const int64_t to = target != nullptr ? target[blockIdx.x] : static_cast<int64_t>(blockIdx.x);
  out[to * out_stride + c] = from >= 0 ? x[static_cast<int64_t>(from) * x_stride + c] : fill[c];
}

}  // namespace

void CudaOps::embed(const Table& table, const int32_t* ids, int64_t count, const View& out) {
  const auto& rows = static_cast<const CudaTable&>(table);
  const auto run = [&]<typename From, typename To>(void (*kernel)(const From*, const int32_t*, To*, int64_t, int)) {
    const dim3 grid(static_cast<unsigned>(count), blocks_for(out.cols, kThreads * Pack<To>::kCount));
    context_.launch("embed", {count, out.cols}, kernel, grid, kThreads, 0, static_cast<const From*>(rows.values()), ids,
                    static_cast<To*>(out.data), out.stride, static_cast<int>(out.cols));
  };
  if (rows.dtype() == out.dtype) {
    with_work_type(out.dtype, [&]<typename T>() { run(embed_same_kernel<T>); });
  } else if (out.dtype == DType::f32 && rows.dtype() == DType::bf16) {
    run(embed_kernel<BFloat16, float>);
  } else if (out.dtype == DType::f32 && rows.dtype() == DType::f16) {
    run(embed_kernel<Float16, float>);
  } else {
    throw ContractViolation(std::string("cuda: a table of ") + name_of(rows.dtype()) + " in a model of " +
                            name_of(out.dtype));
  }
}

void CudaOps::gather_rows(const View& x, const int32_t* source, const int32_t* target, int64_t count, const View* fill,
                          const View& out) {
  const auto packs = [](const View& view, int64_t elements) {
    const int64_t bytes = elements * static_cast<int64_t>(size_of(view.dtype));
    if (bytes % 16 != 0) throw ContractViolation("cuda: gather_rows moves rows of whole 16 bytes");
    return bytes / 16;
  };
  const int64_t width = packs(out, out.cols);
  const dim3 grid(static_cast<unsigned>(count), blocks_for(width, kThreads));
  context_.launch("gather_rows", {count, out.cols}, gather_rows_kernel, grid, kThreads, 0,
                  static_cast<const Pack<uint8_t>*>(x.data), packs(x, x.stride), source, target,
                  static_cast<const Pack<uint8_t>*>(fill != nullptr ? fill->data : nullptr),
                  static_cast<Pack<uint8_t>*>(out.data), packs(out, out.stride), static_cast<int>(width));
}

}  // namespace llava::cuda
