// sample: one id per row, drawn from the kept part of the softmax (ops.h has the rule).
//   logits  [rows, V] f32, V < 2^20      temperature, top_p, uniform  [rows] f32      top_k, out  [rows] i32
//   launch  grid = rows, block = 512, 64 KB of shared memory; no scratch. Nothing of another row is read: a draw is the
//           same in any batch.
//   method  p is a 44-bit integer (the largest is 2^44), so running sums are exact in any order and no row has to be
//           sorted: the last id of
//           top_k, the end of top_p's prefix and the drawn id are three searches by digits (order.h), right for any
//           distribution, flat ones too. p is rounded from float64: float32 would shift the far tail by more than one
//           of its ids.
//   cost    up to 13 reads of the row per search, from the L2 cache, and a float64 exp for ids within e^-32 of the
//           largest while they are
//           candidates; limited by one processor per row (slow where float64 is: sm_89). Greedy rows stop after one
//           read.

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/order.h"

namespace llava::cuda {

namespace {

constexpr Key kOne = Key{1} << 44;  // p of the largest logit

__global__ void __launch_bounds__(kRowThreads)
    sample_kernel(const float* logits, int64_t stride, int count, const float* temperature, const int32_t* top_k,
                  const float* top_p, const float* uniform, int32_t* out) {
  unsigned char* const memory = dynamic_shared();
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
    last = find_place(
               row, count, shared, [](Key, float) { return Key{1}; }, [=](Key sum) { return sum >= wanted; })
               .key;
  }
  const auto mass = [=](Key key, float logit) -> Key {
    if (key < last || logit - largest < -32.0f * heat) return 0;  // e^-32 < 2^-45
    if (logit == largest) return kOne;                            // the difference of infinite logits is no number
    const double gap = static_cast<double>(logit) - static_cast<double>(largest);
    return static_cast<Key>(exp(gap / static_cast<double>(heat)) * static_cast<double>(kOne) + 0.5);
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

void CudaOps::sample(const View& logits, const float* temperature, const int32_t* top_k, const float* top_p,
                     const float* uniform, int32_t* out) {
  if (logits.cols >= 1 << kIdBits) throw ContractViolation("cuda: sample takes fewer than 2^20 ids");
  context_.launch("sample", {logits.rows, logits.cols}, sample_kernel, static_cast<unsigned>(logits.rows), kRowThreads,
                  sizeof(OrderShared), static_cast<const float*>(logits.data), logits.stride,
                  static_cast<int>(logits.cols), temperature, top_k, top_p, uniform, out);
}

}  // namespace llava::cuda
