// From logits to ids and log-probabilities: every row on its own.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/cpu/cpu_ops.h"

namespace llava::cpu {

namespace {

const float* row_of(const View& logits, int64_t row) {
  return static_cast<const float*>(logits.data) + row * logits.stride;
}

/// Brings ids into the order (logit descending, id ascending), a growing front part at a time.
class Ranking {
 public:
  Ranking(const float* logits, int64_t count) : logits_(logits), ids_(static_cast<size_t>(count)) {
    std::iota(ids_.begin(), ids_.end(), 0);
  }
  /// Id at `rank`.
  int32_t at(size_t rank) {
    while (rank >= sorted_) {
      const size_t end = std::min(ids_.size(), std::max<size_t>(64, 4 * sorted_));
      const auto before = [this](int32_t a, int32_t b) {
        return logits_[a] > logits_[b] || (logits_[a] == logits_[b] && a < b);
      };
      const auto first = ids_.begin() + static_cast<std::ptrdiff_t>(sorted_);
      const auto last = ids_.begin() + static_cast<std::ptrdiff_t>(end);
      if (end < ids_.size()) std::nth_element(first, last, ids_.end(), before);
      std::sort(first, last, before);
      sorted_ = end;
    }
    return ids_[rank];
  }
  size_t size() const { return ids_.size(); }

 private:
  const float* logits_;
  std::vector<int32_t> ids_;
  size_t sorted_ = 0;
};

int32_t draw(const float* logits, int64_t count, int32_t best, float temperature, int32_t top_k, float top_p,
             float uniform) {
  Ranking ranking(logits, count);
  const size_t kept = top_k > 0 ? std::min(ranking.size(), static_cast<size_t>(top_k)) : ranking.size();
  const auto weight = [&](int32_t id) {
    return std::exp((static_cast<double>(logits[id]) - logits[best]) / temperature);
  };
  double total = 0.0;
  if (kept == ranking.size()) {
    for (int64_t id = 0; id < count; ++id) total += weight(static_cast<int32_t>(id));
  } else {
    for (size_t i = 0; i < kept; ++i) total += weight(ranking.at(i));
  }
  double mass = total;
  size_t shortest = kept;
  if (top_p < 1.0f) {
    mass = 0.0;
    shortest = 0;
    while (shortest < kept && (shortest == 0 || mass < static_cast<double>(top_p) * total))
      mass += weight(ranking.at(shortest++));
  }
  const double wanted = static_cast<double>(uniform) * mass;
  double running = 0.0;
  size_t pick = 0;
  for (; pick + 1 < shortest; ++pick) {
    running += weight(ranking.at(pick));
    if (running > wanted) break;
  }
  return ranking.at(pick);
}

}  // namespace

void CpuOps::argmax(const View& logits, int32_t* out) {
  pool_.run(logits.rows, [&](int64_t r, int) { out[r] = kernels_.argmax(row_of(logits, r), logits.cols); });
}

void CpuOps::sample(const View& logits, const float* temperature, const int32_t* top_k, const float* top_p,
                    const float* uniform, int32_t* out) {
  pool_.run(logits.rows, [&](int64_t r, int) {
    const float* row = row_of(logits, r);
    out[r] = kernels_.argmax(row, logits.cols);
    if (out[r] < 0 || temperature[r] <= 0.0f) return;
    out[r] = draw(row, logits.cols, out[r], temperature[r], top_k[r], top_p[r], uniform[r]);
  });
}

void CpuOps::gather_logprobs(const View& logits, const int32_t* row, const int32_t* ids, int64_t count, float* logprob,
                             int32_t* best) {
  constexpr double kUnused = INFINITY;
  normaliser_.assign(static_cast<size_t>(logits.rows), kUnused);
  best_.assign(static_cast<size_t>(logits.rows), -1);
  for (int64_t i = 0; i < count; ++i) normaliser_[static_cast<size_t>(row[i])] = 0.0;
  pool_.run(logits.rows, [&](int64_t r, int) {
    if (normaliser_[static_cast<size_t>(r)] == kUnused) return;
    normaliser_[static_cast<size_t>(r)] = kernels_.log_sum_exp(row_of(logits, r), logits.cols);
    if (best != nullptr) best_[static_cast<size_t>(r)] = kernels_.argmax(row_of(logits, r), logits.cols);
  });
  for (int64_t i = 0; i < count; ++i) {
    const auto r = static_cast<size_t>(row[i]);
    logprob[i] = static_cast<float>(static_cast<double>(row_of(logits, row[i])[ids[i]]) - normaliser_[r]);
    if (best != nullptr) best[i] = best_[r] == ids[i] ? 1 : 0;
  }
}

void CpuOps::top_logprobs(const View& logits, int32_t k, int32_t* ids, float* logprob) {
  pool_.run(logits.rows, [&](int64_t r, int) {
    const float* row = row_of(logits, r);
    Ranking ranking(row, logits.cols);
    const double normaliser = kernels_.log_sum_exp(row, logits.cols);
    for (int32_t i = 0; i < k; ++i) {
      const int32_t id = ranking.at(static_cast<size_t>(i));
      ids[r * k + i] = id;
      logprob[r * k + i] = static_cast<float>(static_cast<double>(row[id]) - normaliser);
    }
  });
}

}  // namespace llava::cpu
