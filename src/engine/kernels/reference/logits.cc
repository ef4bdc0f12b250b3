// From logits to ids and log-probabilities.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/reference/elements.h"
#include "kernels/reference/reference_ops.h"

namespace llava {

namespace {

/// Lowest index of the largest value; -1 when the row holds a NaN.
int32_t best_of(const View& logits, int64_t row) {
  int32_t best = 0;
  for (int64_t c = 0; c < logits.cols; ++c) {
    if (std::isnan(get(logits, row, c))) return -1;
    if (get(logits, row, c) > get(logits, row, best)) best = static_cast<int32_t>(c);
  }
  return best;
}

double log_sum_exp(const View& logits, int64_t row) {
  double largest = -INFINITY;
  for (int64_t c = 0; c < logits.cols; ++c) largest = std::max<double>(largest, get(logits, row, c));
  double sum = 0.0;
  for (int64_t c = 0; c < logits.cols; ++c) sum += std::exp(get(logits, row, c) - largest);
  return largest + std::log(sum);
}

/// Ids of a row by (logit descending, id ascending).
std::vector<int32_t> ranked(const View& logits, int64_t row) {
  std::vector<int32_t> ids(static_cast<size_t>(logits.cols));
  std::iota(ids.begin(), ids.end(), 0);
  std::stable_sort(ids.begin(), ids.end(),
                   [&](int32_t a, int32_t b) { return get(logits, row, a) > get(logits, row, b); });
  return ids;
}

}  // namespace

void ReferenceOps::repetition_penalty(const View& logits, const int32_t* start, const int32_t* ids,
                                      const float* penalty) {
  for (int64_t r = 0; r < logits.rows; ++r) {
    for (int32_t j = start[r]; j < start[r + 1]; ++j) {
      const float value = get(logits, r, ids[j]);
      set(logits, r, ids[j], value < 0.0f ? value * penalty[r] : value / penalty[r]);
    }
  }
}

void ReferenceOps::argmax(const View& logits, int32_t* out) {
  for (int64_t r = 0; r < logits.rows; ++r) out[r] = best_of(logits, r);
}

void ReferenceOps::sample(const View& logits, const float* temperature, const int32_t* top_k, const float* top_p,
                          const float* uniform, int32_t* out) {
  for (int64_t r = 0; r < logits.rows; ++r) {
    out[r] = best_of(logits, r);
    if (out[r] < 0 || temperature[r] <= 0.0f) continue;
    const std::vector<int32_t> ids = ranked(logits, r);
    size_t kept = top_k[r] > 0 ? std::min(ids.size(), static_cast<size_t>(top_k[r])) : ids.size();
    std::vector<double> p(kept);
    double total = 0.0;
    for (size_t i = 0; i < kept; ++i) {
      p[i] = std::exp((static_cast<double>(get(logits, r, ids[i])) - get(logits, r, ids[0])) / temperature[r]);
      total += p[i];
    }
    double mass = 0.0;
    size_t shortest = 0;
    while (shortest < kept && (shortest == 0 || mass < static_cast<double>(top_p[r]) * total)) mass += p[shortest++];
    const double wanted = static_cast<double>(uniform[r]) * mass;
    double running = 0.0;
    size_t pick = 0;
    for (; pick + 1 < shortest; ++pick) {
      running += p[pick];
      if (running > wanted) break;
    }
    out[r] = ids[pick];
  }
}

void ReferenceOps::gather_logprobs(const View& logits, const int32_t* row, const int32_t* ids, int64_t count,
                                   float* logprob, int32_t* best) {
  for (int64_t i = 0; i < count; ++i) {
    logprob[i] = static_cast<float>(get(logits, row[i], ids[i]) - log_sum_exp(logits, row[i]));
    if (best != nullptr) best[i] = best_of(logits, row[i]) == ids[i] ? 1 : 0;
  }
}

void ReferenceOps::top_logprobs(const View& logits, int32_t k, int32_t* ids, float* logprob) {
  for (int64_t r = 0; r < logits.rows; ++r) {
    const std::vector<int32_t> order = ranked(logits, r);
    const double normaliser = log_sum_exp(logits, r);
    for (int32_t i = 0; i < k; ++i) {
      ids[r * k + i] = order[static_cast<size_t>(i)];
      logprob[r * k + i] = static_cast<float>(get(logits, r, order[static_cast<size_t>(i)]) - normaliser);
    }
  }
}

}  // namespace llava
