// sample: one id per row, drawn from the kept part of the softmax (ops.h has the rule).
//   logits  [rows, V] f32, V below 2^20      temperature, top_p, uniform  [rows] f32      top_k, out  [rows] i32
//   launch  grid = rows, block = 512, 64 KB of shared memory; no scratch. Nothing of another row is read: a draw is the same in any batch.
//   method  p is a 44-bit integer (the largest is 2^44), so running sums are exact in any order and no row has to be sorted: the last id of
//           top_k, the end of top_p's prefix and the drawn id are three searches by digits (order.h), right for any distribution, flat ones
//           too. What is cut off below 2^-44 adds up to less than 1e-8 of a row of 152k ids.
//   cost    up to 13 reads of the row per search, from the L2 cache; limited by the speed of one processor: a few 100 us per row of 152k,
//           rows beside one another. Greedy rows stop after one read.

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/order.h"

namespace llava::cuda {

namespace {

__global__ void __launch_bounds__(kRowThreads) sample_kernel(const float* logits, int64_t stride, int count, const float* temperature,
                                                             const int32_t* top_k, const float* top_p, const float* uniform, int32_t* out) {
  LLAVA_DYNAMIC_SHARED(memory);
  OrderShared& shared = *reinterpret_cast<OrderShared*>(memory);
  const float* row = logits + static_cast<int64_t>(blockIdx.x) * stride;
  const float heat = temperature[blockIdx.x];
  const Key first = first_key(row, count, shared.sums);
  if (first == kNanKey || heat <= 0.0f) {
    if (threadIdx.x == 0) out[blockIdx.x] = id_of(first);
    return;
  }
  const float largest = row[id_of(first)];
  Key last = 0;  // of top_k; 0 keeps all
  if (top_k[blockIdx.x] > 0 && top_k[blockIdx.x] < count) {
    const Key wanted = static_cast<Key>(top_k[blockIdx.x]);
    last = find_place(row, count, shared, [](Key, float) { return Key{1}; }, [=](Key sum) { return sum >= wanted; }).key;
  }
  const auto mass = [=](Key key, float logit) -> Key {
    if (key < last) return 0;
    // Infinite logits: their difference is no number.
    return static_cast<Key>((logit == largest ? 1.0f : expf((logit - largest) / heat)) * 0x1p44f);
  };
  Key kept = 0;
  for_own_ids(row, count, [&](int id, float logit) { kept += mass(key_of(logit, id), logit); });
  kept = fold_block<false>(kept, shared.sums);
  if (top_p[blockIdx.x] < 1.0f) {
    const double wanted = static_cast<double>(top_p[blockIdx.x]) * static_cast<double>(kept);
    kept = find_place(row, count, shared, mass, [=](Key sum) { return static_cast<double>(sum) >= wanted; }).sum;
  }
  const double wanted = static_cast<double>(uniform[blockIdx.x]) * static_cast<double>(kept);
  const Place drawn = find_place(row, count, shared, mass, [=](Key sum) { return static_cast<double>(sum) > wanted; });
  if (threadIdx.x == 0) out[blockIdx.x] = id_of(drawn.key);
}

}  // namespace

size_t sample_scratch_bytes(const Limits&) { return 0; }

void CudaOps::sample(const View& logits, const float* temperature, const int32_t* top_k, const float* top_p, const float* uniform,
                     int32_t* out) {
  if (logits.cols > 1 << kIdBits) throw ContractViolation("cuda: sample takes up to 2^20 ids");
  context_.launch("sample", {logits.rows, logits.cols}, sample_kernel, static_cast<unsigned>(logits.rows), kRowThreads, sizeof(OrderShared),
                  static_cast<const float*>(logits.data), logits.stride, static_cast<int>(logits.cols), temperature, top_k, top_p, uniform, out);
}

}  // namespace llava::cuda
