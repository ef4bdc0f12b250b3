// One row of logits. No include guard: read once per instruction set.

// Lowest index of the largest value, -1 with a NaN: blocks in order; only a block that beats the best so far is
// searched.
int32_t argmax(const float* x, int64_t count) {
  int64_t best = 0;
  float largest = -__builtin_inff();
  F sums = zero();  // NaN if any value is (inf - inf is looked at again)
  constexpr int64_t kBlock = 16 * kWidth;
  for (int64_t first = 0; first < count; first += kBlock) {
    const int64_t n = count - first < kBlock ? count - first : kBlock;
    F most = set1(-__builtin_inff());
    for (int64_t i = 0; i < n; i += kWidth) {
      const F v = load_up_to(x + first + i, n - i);
      sums = add(sums, mul(v, zero()));
      if (n - i >= kWidth) {
        most = max(most, v);
      } else {
        for (int64_t j = i; j < n; ++j) most = max(most, set1(x[first + j]));
      }
    }
    if (!(max_of(most) > largest)) continue;
    for (int64_t i = first; i < first + n; ++i) {
      if (x[i] > largest) {
        largest = x[i];
        best = i;
      }
    }
  }
  if (sum(sums) == 0.0f) return static_cast<int32_t>(best);
  for (int64_t i = 0; i < count; ++i) {
    if (x[i] != x[i]) return -1;
  }
  return static_cast<int32_t>(best);
}

// log sum_i e^x_i around the largest; kWidth float sums per block of 1024 columns, blocks added in double.
double log_sum_exp(const float* x, int64_t count) {
  F most = set1(-__builtin_inff());
  for (int64_t i = 0; i < count; i += kWidth) {
    if (count - i >= kWidth) {
      most = max(most, load(x + i));
    } else {
      for (int64_t j = i; j < count; ++j) most = max(most, set1(x[j]));
    }
  }
  const float largest = max_of(most);
  double total = 0.0;
  constexpr int64_t kBlock = 1024;
  for (int64_t first = 0; first < count; first += kBlock) {
    const int64_t end = count < first + kBlock ? count : first + kBlock;
    F sums = zero();
    int64_t i = first;
    for (; i + kWidth <= end; i += kWidth) sums = add(sums, exp(sub(load(x + i), set1(largest))));
    if (i < end) {
      float rest[kWidth];
      store(rest, exp(sub(load_part(x + i, end - i), set1(largest))));
      for (int64_t j = 0; j < end - i; ++j) total += static_cast<double>(rest[j]);
    }
    total += static_cast<double>(sum(sums));
  }
  return static_cast<double>(largest) + __builtin_log(total);
}
