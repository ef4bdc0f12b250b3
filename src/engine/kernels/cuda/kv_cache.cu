// Rotary positions on the way into the paged cache, and copies of whole pages inside it.
//
// rope_write_kv   y[i] = round(x[i] cos[p, i] - x[i + D/2] sin[p, i]), y[i + D/2] = round(x[i + D/2] cos[p, i] + x[i]
// sin[p, i]) per head of q
//                 (in place) and k (into the cache); v is copied into the cache
//   q [rows, heads * D], k, v [rows, kv_heads * D], cos, sin [positions, D/2] of W; cache pages [pages, kv_heads,
//   kPageTokens, D]
//   launch  grid = (rows, items / 128), block = 128; an item is a vector of up to 16 bytes in the first half of a head
//           and the one at the same
//           place in the second half; heads of q, of k, of v one after another
//   cost    2 * (heads + 2 * kv_heads) * D * sizeof(W) bytes per row; limited by memory, at decode by the launch
// copy_pages      pages pairs[2 i] -> pairs[2 i + 1] of keys and values
//   launch  grid = (count, page vectors / 1024, 2), block = 256, four 16-byte vectors per thread
//   cost    4 * page bytes per pair; limited by memory

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/numbers.h"

namespace llava::cuda {

namespace {

constexpr int kRopeThreads = 128;
constexpr int kCopyThreads = 256;
constexpr int kCopyVectors = 4;

template <typename T>
struct RopeArguments {
  T* q;
  const T* k;
  const T* v;
  int64_t q_stride, k_stride, v_stride;
  const int32_t* positions;
  const int32_t* slots;
  const T* cos;
  const T* sin;
  int64_t cos_stride, sin_stride;
  T* cache_keys;
  T* cache_values;
  int32_t heads, kv_heads, head_size;
};

template <typename T, int kCount>
__global__ void __launch_bounds__(kRopeThreads) rope_write_kv_kernel(RopeArguments<T> a) {
  const int half = a.head_size / 2;
  const int per_head = half / kCount;
  const int item = static_cast<int>(blockIdx.y * kRopeThreads + threadIdx.x);
  const int head = item / per_head;
  const int column = item % per_head * kCount;
  if (head >= a.heads + 2 * a.kv_heads) return;
  const int64_t row = blockIdx.x;

  const T* from;
  T* to;
  if (head < a.heads) {
    to = a.q + row * a.q_stride + head * a.head_size;
    from = to;
  } else {
    const bool is_key = head < a.heads + a.kv_heads;
    const int kv_head = head - a.heads - (is_key ? 0 : a.kv_heads);
    const int slot = a.slots[row];
    const int64_t place = static_cast<int64_t>(slot / kPageTokens) * a.kv_heads + kv_head;
    to = (is_key ? a.cache_keys : a.cache_values) + (place * kPageTokens + slot % kPageTokens) * a.head_size;
    from = (is_key ? a.k + row * a.k_stride : a.v + row * a.v_stride) + kv_head * a.head_size;
  }
  Pack<T, kCount> first = load_pack<T, kCount>(from + column);
  Pack<T, kCount> second = load_pack<T, kCount>(from + half + column);
  if (head < a.heads + a.kv_heads) {
    const int64_t position = a.positions[row];
    const Pack<T, kCount> cos = load_pack<T, kCount>(a.cos + position * a.cos_stride + column);
    const Pack<T, kCount> sin = load_pack<T, kCount>(a.sin + position * a.sin_stride + column);
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      const float x = widen(first.at[i]);
      const float y = widen(second.at[i]);
      const float c = widen(cos.at[i]);
      const float s = widen(sin.at[i]);
      // As written, without contraction: both products are rounded (exact for 16-bit elements), then the sum, then the
      // result.
      first.at[i] = narrow<T>(__fsub_rn(__fmul_rn(x, c), __fmul_rn(y, s)));
      second.at[i] = narrow<T>(__fadd_rn(__fmul_rn(y, c), __fmul_rn(x, s)));
    }
  }
  store_pack(to + column, first);
  store_pack(to + half + column, second);
}

template <typename T, int kCount>
void launch_rope(Context& context, const RopeArguments<T>& a, int64_t rows) {
  const int64_t items = int64_t{a.heads + 2 * a.kv_heads} * (a.head_size / 2 / kCount);
  context.launch("rope_write_kv", {rows, a.heads, a.kv_heads, a.head_size}, rope_write_kv_kernel<T, kCount>,
                 dim3(static_cast<unsigned>(rows), blocks_for(items, kRopeThreads)), dim3(kRopeThreads), 0, a);
}

using Vector16 = Pack<uint32_t>;

__global__ void __launch_bounds__(kCopyThreads)
    copy_pages_kernel(Vector16* keys, Vector16* values, const int32_t* pairs, int64_t page_vectors) {
  Vector16* const pages = blockIdx.z == 0 ? keys : values;
  const Vector16* const from = pages + pairs[2 * blockIdx.x] * page_vectors;
  Vector16* const to = pages + pairs[2 * blockIdx.x + 1] * page_vectors;
  const int64_t first = static_cast<int64_t>(blockIdx.y) * kCopyThreads * kCopyVectors + threadIdx.x;
  Vector16 held[kCopyVectors];
#pragma unroll
  for (int i = 0; i < kCopyVectors; ++i) {
    if (first + i * kCopyThreads < page_vectors) held[i] = from[first + i * kCopyThreads];
  }
#pragma unroll
  for (int i = 0; i < kCopyVectors; ++i) {
    if (first + i * kCopyThreads < page_vectors) to[first + i * kCopyThreads] = held[i];
  }
}

}  // namespace

void CudaOps::rope_write_kv(const View& q, const View& k, const View& v, const int32_t* positions, const int32_t* slots,
                            const View& cos, const View& sin, const AttentionShape& shape, const KvLayer& cache) {
  context_.enter();
  with_work_type(q.dtype, [&]<typename T>() {
    const RopeArguments<T> a{static_cast<T*>(q.data),
                             static_cast<const T*>(k.data),
                             static_cast<const T*>(v.data),
                             q.stride,
                             k.stride,
                             v.stride,
                             positions,
                             slots,
                             static_cast<const T*>(cos.data),
                             static_cast<const T*>(sin.data),
                             cos.stride,
                             sin.stride,
                             static_cast<T*>(cache.keys),
                             static_cast<T*>(cache.values),
                             shape.heads,
                             shape.kv_heads,
                             shape.head_size};
    constexpr int kWidest = Pack<T>::kCount;
    if (shape.head_size / 2 % kWidest == 0) {
      launch_rope<T, kWidest>(context_, a, q.rows);
    } else {
      launch_rope<T, 4>(context_, a, q.rows);  // head sizes are multiples of 8
    }
  });
}

void CudaOps::copy_pages(const KvLayer& cache, const int32_t* pairs, int64_t count) {
  context_.enter();
  const int64_t page_vectors =
      int64_t{cache.kv_heads} * kPageTokens * cache.head_size * static_cast<int64_t>(size_of(cache.dtype)) / 16;
  context_.launch("copy_pages", {count, cache.kv_heads, cache.head_size}, copy_pages_kernel,
                  dim3(static_cast<unsigned>(count), blocks_for(page_vectors, kCopyThreads * kCopyVectors), 2),
                  dim3(kCopyThreads), 0, static_cast<Vector16*>(cache.keys), static_cast<Vector16*>(cache.values),
                  pairs, page_vectors);
}

}  // namespace llava::cuda
