// patches: normalised bytes as rows of patches; tower_input: class row and positions added.
//   launch  patches: grid = patch rows, block = 128; tower_input: grid = (rows, width in blocks of 128 packs), block =
//           128; a thread writes
//           packs of 16 bytes
//   cost    patches: a byte read and cols size(W) written per element, three divisions of small integers; tower_input:
//           2 rows d size(W)
//           bytes beside the positions, which stay in the L2 cache. Both limited by memory bandwidth, 2885 rows at a
//           time being small.

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/numbers.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 128;

/// tiles [count, 3, side, side], table [3, 256], out [count * n * n, cols]; the table (3 KB) stays in the L1 cache.
template <typename T>
__global__ void patches_kernel(const uint8_t* tiles, int side, int patch, const float* table, T* out,
                               int64_t out_stride, int cols) {
  const int n = side / patch;
  const int px = static_cast<int>(blockIdx.x) % n;
  const int py = static_cast<int>(blockIdx.x) / n % n;
  const int64_t tile = static_cast<int>(blockIdx.x) / (n * n);
  const uint8_t* corner = tiles + (tile * 3 * side + py * patch) * side + px * patch;
  T* row = out + static_cast<int64_t>(blockIdx.x) * out_stride;
  const int used = 3 * patch * patch;
  for (int first = static_cast<int>(threadIdx.x) * Pack<T>::kCount; first < cols; first += kThreads * Pack<T>::kCount) {
    Pack<T> pack;
    for (int i = 0; i < Pack<T>::kCount; ++i) {
      const int column = first + i;
      const int channel = column / (patch * patch);
      const int y = column / patch % patch;
      const int x = column % patch;
      const float value =
          column < used ? table[channel * 256 + corner[(static_cast<int64_t>(channel) * side + y) * side + x]] : 0.0f;
      pack.at[i] = narrow<T>(value);
    }
    store_pack(row + first, pack);
  }
}

/// Row i of a tile of `tokens` rows: the class row (i < offset) or a patch, plus position[i].
template <typename T>
__global__ void tower_input_kernel(const T* patch, int64_t patch_stride, const T* class_row, const T* position,
                                   int64_t position_stride, int tokens, int offset, T* out, int64_t out_stride,
                                   int cols) {
  const int c = static_cast<int>(blockIdx.y * kThreads + threadIdx.x) * Pack<T>::kCount;
  if (c >= cols) return;
  const int i = static_cast<int>(blockIdx.x) % tokens;
  const int64_t tile = static_cast<int>(blockIdx.x) / tokens;
  const T* source = i < offset ? class_row : patch + (tile * (tokens - offset) + i - offset) * patch_stride;
  Pack<T> pack = load_pack(source + c);
  const Pack<T> at = load_pack(position + static_cast<int64_t>(i) * position_stride + c);
  for (int j = 0; j < Pack<T>::kCount; ++j) pack.at[j] = narrow<T>(widen(pack.at[j]) + widen(at.at[j]));
  store_pack(out + static_cast<int64_t>(blockIdx.x) * out_stride + c, pack);
}

}  // namespace

void CudaOps::patches(const uint8_t* tiles, int64_t count, int32_t side, int32_t patch, const float* table,
                      const View& out) {
  const int64_t n = side / patch;
  with_work_type(out.dtype, [&]<typename T>() {
    context_.launch("patches", {count, side, patch}, patches_kernel<T>, static_cast<unsigned>(count * n * n), kThreads,
                    0, tiles, side, patch, table, static_cast<T*>(out.data), out.stride, static_cast<int>(out.cols));
  });
}

void CudaOps::tower_input(const View& patch, const View* class_row, const View& position, int64_t count,
                          const View& out) {
  with_work_type(out.dtype, [&]<typename T>() {
    const dim3 grid(static_cast<unsigned>(count * position.rows), blocks_for(out.cols, kThreads * Pack<T>::kCount));
    context_.launch("tower_input", {count, position.rows, out.cols}, tower_input_kernel<T>, grid, kThreads, 0,
                    static_cast<const T*>(patch.data), patch.stride,
                    static_cast<const T*>(class_row != nullptr ? class_row->data : nullptr),
                    static_cast<const T*>(position.data), position.stride, static_cast<int>(position.rows),
                    class_row != nullptr ? 1 : 0, static_cast<T*>(out.data), out.stride, static_cast<int>(out.cols));
  });
}

}  // namespace llava::cuda
