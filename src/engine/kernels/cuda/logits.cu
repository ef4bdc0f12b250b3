// From logits to ids and log-probabilities.
//   logits  [rows, V] f32, V < 2^20
//   launch  argmax, row_statistics, top_logprobs: grid = rows, block = 512 (order.h); the rest is a thread per number
//   cost    argmax reads a row once, row_statistics twice (the second time from the L2 cache): 0.6 MB per row of 152k,
//           limited by what one
//           processor reads (some us); top_logprobs as many times as find_place, and four more

#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/order.h"

namespace llava::cuda {

namespace {

constexpr int kMostTop = 64;

struct RowStatistics {
  Key first;  // key of the argmax, or kNanKey
  float largest;
  float log_sum;  // log sum exp(logit - largest)
};

__device__ __forceinline__ RowStatistics statistics_of(const float* row, int count, Key* sums) {
  RowStatistics s;
  s.first = first_key(row, count, sums);
  s.largest = s.first == kNanKey ? NAN : row[id_of(s.first)];
  float sum = 0.0f;
  for_own_ids(row, count, [&](int, float logit) { sum += expf(logit - s.largest); });
  s.log_sum = logf(block_sum(sum, reinterpret_cast<float*>(sums)));
  return s;
}

__device__ __forceinline__ float logprob_of(float logit, const RowStatistics& s) {
  return (logit - s.largest) - s.log_sum;
}

/// penalty > 1 makes the ids start[r] .. start[r + 1] of row r less likely.
__global__ void repetition_penalty_kernel(float* logits, int64_t stride, const int32_t* start, const int32_t* ids,
                                          const float* penalty) {
  const int32_t end = start[blockIdx.x + 1];
  const float factor = penalty[blockIdx.x];
  for (int32_t j = start[blockIdx.x] + static_cast<int32_t>(threadIdx.x); j < end;
       j += static_cast<int32_t>(blockDim.x)) {
    float& logit = logits[static_cast<int64_t>(blockIdx.x) * stride + ids[j]];
    logit = logit < 0.0f ? logit * factor : logit / factor;
  }
}

__global__ void __launch_bounds__(kRowThreads)
    argmax_kernel(const float* logits, int64_t stride, int count, int32_t* out) {
  __shared__ Key sums[kDigits];
  const Key first = first_key(logits + static_cast<int64_t>(blockIdx.x) * stride, count, sums);
  if (threadIdx.x == 0) out[blockIdx.x] = id_of(first);
}

__global__ void __launch_bounds__(kRowThreads)
    row_statistics_kernel(const float* logits, int64_t stride, int count, RowStatistics* out) {
  __shared__ Key sums[kDigits];
  const RowStatistics s = statistics_of(logits + static_cast<int64_t>(blockIdx.x) * stride, count, sums);
  if (threadIdx.x == 0) out[blockIdx.x] = s;
}

__global__ void gather_logprobs_kernel(const float* logits, int64_t stride, const RowStatistics* statistics,
                                       const int32_t* row, const int32_t* ids, int count, float* logprob,
                                       int32_t* best) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= count) return;
  const RowStatistics s = statistics[row[i]];
  logprob[i] = logprob_of(logits[static_cast<int64_t>(row[i]) * stride + ids[i]], s);
  if (best != nullptr) best[i] = id_of(s.first) == ids[i] ? 1 : 0;
}

/// ids, logprob [rows, k], k <= kMostTop. A row with a NaN gives id -1 and NaN.
__global__ void __launch_bounds__(kRowThreads)
    top_logprobs_kernel(const float* logits, int64_t stride, int count, int k, int32_t* ids, float* logprob) {
  unsigned char* const memory = dynamic_shared();
  OrderShared& shared = *reinterpret_cast<OrderShared*>(memory);
  __shared__ Key top[kMostTop];
  const float* row = logits + static_cast<int64_t>(blockIdx.x) * stride;
  ids += static_cast<int64_t>(blockIdx.x) * k;
  logprob += static_cast<int64_t>(blockIdx.x) * k;
  const RowStatistics s = statistics_of(row, count, shared.sums);
  if (s.first == kNanKey) {
    if (static_cast<int>(threadIdx.x) < k) {
      ids[threadIdx.x] = -1;
      logprob[threadIdx.x] = NAN;
    }
    return;
  }
  const Key wanted = static_cast<Key>(k);
  const Key last = find_place(
                       row, count, shared, [](Key, float) { return Key{1}; }, [=](Key sum) { return sum >= wanted; })
                       .key;
  // The k keys from `last` on, first in the order of threads, then ranked.
  int found = 0;
  for_own_ids(row, count, [&](int id, float logit) { found += key_of(logit, id) >= last ? 1 : 0; });
  int* counts =
      reinterpret_cast<int*>(shared.cells);  // find_place ends after a barrier behind its last use of the cells
  counts[threadIdx.x] = found;
  __syncthreads();
  if (found > 0) {
    int at = 0;
    for (int thread = 0; thread < static_cast<int>(threadIdx.x); ++thread) at += counts[thread];
    for_own_ids(row, count, [&](int id, float logit) {
      if (key_of(logit, id) >= last) top[at++] = key_of(logit, id);
    });
  }
  __syncthreads();
  if (static_cast<int>(threadIdx.x) >= k) return;
  const Key mine = top[threadIdx.x];
  int rank = 0;
  for (int other = 0; other < k; ++other) rank += top[other] > mine ? 1 : 0;
  ids[rank] = id_of(mine);
  logprob[rank] = logprob_of(row[id_of(mine)], s);
}

void check_vocabulary(const View& logits) {
  if (logits.cols >= 1 << kIdBits) throw ContractViolation("cuda: logits have fewer than 2^20 columns");
}

}  // namespace

size_t logits_scratch_bytes(const Limits& limits) {
  return static_cast<size_t>(limits.logit_rows) * sizeof(RowStatistics);
}

void CudaOps::repetition_penalty(const View& logits, const int32_t* start, const int32_t* ids, const float* penalty) {
  context_.launch("repetition_penalty", {logits.rows, logits.cols}, repetition_penalty_kernel,
                  static_cast<unsigned>(logits.rows), 256, 0, static_cast<float*>(logits.data), logits.stride, start,
                  ids, penalty);
}

void CudaOps::argmax(const View& logits, int32_t* out) {
  check_vocabulary(logits);
  context_.launch("argmax", {logits.rows, logits.cols}, argmax_kernel, static_cast<unsigned>(logits.rows), kRowThreads,
                  0, static_cast<const float*>(logits.data), logits.stride, static_cast<int>(logits.cols), out);
}

void CudaOps::gather_logprobs(const View& logits, const int32_t* row, const int32_t* ids, int64_t count, float* logprob,
                              int32_t* best) {
  check_vocabulary(logits);
  if (scratch_.logits.bytes() < static_cast<size_t>(logits.rows) * sizeof(RowStatistics)) {
    throw ContractViolation("cuda: more rows of logits than were reserved");
  }
  auto* statistics = scratch_.logits.as<RowStatistics>();
  context_.launch("row_statistics", {logits.rows, logits.cols}, row_statistics_kernel,
                  static_cast<unsigned>(logits.rows), kRowThreads, 0, static_cast<const float*>(logits.data),
                  logits.stride, static_cast<int>(logits.cols), statistics);
  context_.launch("gather_logprobs", {count, logits.cols}, gather_logprobs_kernel, blocks_for(count, 256), 256, 0,
                  static_cast<const float*>(logits.data), logits.stride, statistics, row, ids, static_cast<int>(count),
                  logprob, best);
}

void CudaOps::top_logprobs(const View& logits, int32_t k, int32_t* ids, float* logprob) {
  check_vocabulary(logits);
  if (k > kMostTop || k > logits.cols) throw ContractViolation("cuda: top_logprobs takes up to 64 ids of a row");
  context_.launch("top_logprobs", {logits.rows, logits.cols, k}, top_logprobs_kernel,
                  static_cast<unsigned>(logits.rows), kRowThreads, sizeof(OrderShared),
                  static_cast<const float*>(logits.data), logits.stride, static_cast<int>(logits.cols), k, ids,
                  logprob);
}

}  // namespace llava::cuda
