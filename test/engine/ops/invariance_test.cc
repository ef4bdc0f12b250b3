// The bits of a row do not depend on what it was computed with.

#include <algorithm>
#include <cstring>

#include "ops/paged.h"
#include "support/error.h"

namespace llava::test {

namespace {

constexpr DType kTypes[] = {DType::f32, DType::bf16, DType::f16};

/// Row `row` of values with `cols` columns.
std::vector<float> row_of(const std::vector<float>& values, int64_t cols, int64_t row) {
  return {values.begin() + static_cast<std::ptrdiff_t>(row * cols),
          values.begin() + static_cast<std::ptrdiff_t>((row + 1) * cols)};
}

void linear_rows(Fixture& f, DType type, Quantisation quantisation) {
  const int64_t n = 137, k = quantisation == Quantisation::none ? 1096 : 200;
  const HostMatrix weight(f, {n, k}, type, 0.03f);
  const HostMatrix bias(f, {n}, type, 1.0f);
  std::unique_ptr<Linear> linear;
  try {
    linear = f.subject().load_linear({std::span(&weight.tensor, 1), std::span(&bias.tensor, 1), 0, 0},
                                     {type, quantisation, false});
  } catch (const Error&) {
    return;  // a back end may refuse compression by name
  }
  f.subject().finish_loading();
  const std::vector<float> values = f.floats(1000 * k);
  for (const Phase phase : {Phase::prefill, Phase::decode}) {
    const auto rows_of = [&](int64_t first, int64_t count, DType out_type) {
      std::vector<float> part(values.begin() + static_cast<std::ptrdiff_t>(first * k),
                              values.begin() + static_cast<std::ptrdiff_t>((first + count) * k));
      const Twin x = f.random(count, k, type, 1.0f, {}, phase);
      const Twin given = f.from(part, count, k, type);
      f.subject().copy(x.subject.data, given.subject.data,
                       static_cast<size_t>(count * x.subject.stride) * size_of(type));
      const Twin out = f.poisoned(count, n, out_type, {}, phase);
      f.subject().linear(*linear, x.subject, out.subject, phase, Activation::quick_gelu);
      f.subject().synchronize();
      return f.read(out);
    };
    const int64_t most = phase == Phase::prefill ? 1000 : 64;
    for (const DType out_type : {type, DType::f32}) {
      const std::vector<float> all = rows_of(0, most, out_type);
      bool equal = true;
      for (const int64_t row : {int64_t{0}, int64_t{1}, int64_t{7}, int64_t{63}, most - 1})
        equal = equal && rows_of(row, 1, out_type) == row_of(all, n, row);
      for (const int64_t count : {2, 5, 6, 7, 13, 40}) {
        const std::vector<float> some = rows_of(3, count, out_type);
        for (int64_t r = 0; r < count; ++r) equal = equal && row_of(some, n, r) == row_of(all, n, r + 3);
      }
      f.expect("linear: a row has the same bits in any batch (" + std::string(name_of(type)) +
                   (quantisation == Quantisation::int8       ? ", int8"
                    : quantisation == Quantisation::fp8_e4m3 ? ", fp8"
                                                             : "") +
                   (phase == Phase::prefill ? ", prefill)" : ", decode)"),
               equal);
    }
  }
}

/// One prompt whole; in chunks beside another; on other pages.
void prefill_chunks(Fixture& f, const Shape& shape, DType type) {
  Paged paged(f, shape, type, 60);
  const int64_t length = 333;
  const Request prompt = paged.request(length);
  const Request other = paged.request(150);
  const Twin k = f.random(length, paged.kv_cols(), type);
  const Twin v = f.random(length, paged.kv_cols(), type);
  const Twin rotated = f.random(length, paged.q_cols(), type);
  paged.write(prompt, 0, length, rotated, k, v);
  paged.fill(other, 0, 150);
  const Twin q = f.random(length, paged.q_cols(), type, 2.0f);
  const Twin whole = f.poisoned(length, paged.q_cols(), type);
  const PrefillCall call(f, {{&prompt, 0, length}});
  f.subject().prefill_attention(q.subject, paged.subject(), call.subject(), shape.attention(), whole.subject);
  const std::vector<float> want = f.read(whole);

  const auto piece = [&](const Paged& cache, const Request& request, int64_t first, int64_t end, bool beside) {
    const int64_t lead = beside ? 40 : 0;
    const Twin rows = f.random(lead + end - first, paged.q_cols(), type);
    f.subject().copy(
        static_cast<char*>(rows.subject.data) + static_cast<size_t>(lead * rows.subject.stride) * size_of(type),
        static_cast<char*>(q.subject.data) + static_cast<size_t>(first * q.subject.stride) * size_of(type),
        static_cast<size_t>((end - first) * q.subject.stride) * size_of(type));
    const Twin out = f.poisoned(lead + end - first, paged.q_cols(), type);
    const PrefillCall some = beside ? PrefillCall(f, {{&other, 100, 140}, {&request, first, end}})
                                    : PrefillCall(f, {{&request, first, end}});
    f.subject().prefill_attention(rows.subject, cache.subject(), some.subject(), shape.attention(), out.subject);
    const std::vector<float> got = f.read(out);
    bool equal = true;
    for (int64_t r = 0; r < end - first; ++r)
      equal = equal && row_of(got, paged.q_cols(), lead + r) == row_of(want, paged.q_cols(), first + r);
    return equal;
  };
  const std::string what = std::string(name_of(type)) + " " + shape.text();
  bool equal = true;
  for (const auto& [first, end] :
       {std::pair<int64_t, int64_t>{0, 1}, {0, 64}, {64, 129}, {129, 130}, {100, 333}, {332, 333}}) {
    equal = equal && piece(paged, prompt, first, end, false) && piece(paged, prompt, first, end, true);
  }
  f.expect("prefill_attention: a row has the same bits in any chunk and batch: " + what, equal);
  const Request moved = paged.moved(prompt);
  f.expect("prefill_attention: a row has the same bits on any pages: " + what, piece(paged, moved, 0, length, false));
  // A row whose later keys are not written yet: the same prompt, cut, on pages that still hold NaN behind it.
  Request cut = paged.request(70);
  const Twin q70 = f.random(70, paged.q_cols(), type);
  const auto head = [&](const Twin& twin) {
    Twin part = f.random(70, twin.subject.cols, type);
    f.subject().copy(part.subject.data, twin.subject.data,
                     static_cast<size_t>(70 * twin.subject.stride) * size_of(type));
    std::memcpy(part.oracle.data, twin.oracle.data, static_cast<size_t>(70 * twin.oracle.stride) * size_of(type));
    return part;
  };
  paged.write(cut, 0, 70, q70, head(k), head(v));
  f.expect("prefill_attention: unwritten keys behind a row do not matter: " + what, piece(paged, cut, 3, 70, false));
}

/// Decode rows alone, in a batch, in groups of different make-up, on other pages.
void decode_groups(Fixture& f, const Shape& shape, DType type) {
  Paged paged(f, shape, type, 160);
  const Request a = paged.request(1300);
  const std::vector<int32_t> prefix(a.pages.begin(), a.pages.begin() + 18);  // 1152 tokens
  const Request b = paged.request(1200, prefix);
  const Request c = paged.request(1153, prefix);
  const Request d = paged.request(90);
  paged.fill(a, 0, 1300);
  paged.fill(b, 1152, 1200);
  paged.fill(c, 1152, 1153);
  paged.fill(d, 0, 90);
  const Twin q = f.random(4, paged.q_cols(), type, 2.0f, {}, Phase::decode);
  const auto run = [&](const std::vector<const Request*>& requests, const std::vector<int64_t>& rows,
                       const std::vector<std::pair<int32_t, int32_t>>& groups) {
    const auto count = static_cast<int64_t>(rows.size());
    const Twin some = f.random(count, paged.q_cols(), type, 1.0f, {}, Phase::decode);
    for (int64_t i = 0; i < count; ++i) {
      const auto row_bytes = static_cast<size_t>(q.subject.stride) * size_of(type);
      f.subject().copy(
          static_cast<char*>(some.subject.data) + static_cast<size_t>(i) * row_bytes,
          static_cast<char*>(q.subject.data) + static_cast<size_t>(rows[static_cast<size_t>(i)]) * row_bytes,
          row_bytes);
    }
    const Twin out = f.poisoned(count, paged.q_cols(), type, {}, Phase::decode);
    const DecodeCall call(f, requests, groups);
    f.subject().decode_attention(some.subject, paged.subject(), call.subject(), shape.attention(), out.subject);
    return f.read(out);
  };
  const int64_t cols = paged.q_cols();
  const std::vector<float> want = run({&a, &b, &c, &d}, {0, 1, 2, 3}, {{3, 1152}, {1, 0}});
  bool equal = run({&a, &b, &c, &d}, {0, 1, 2, 3}, {}) == want;
  const Request* each[] = {&a, &b, &c, &d};
  for (int64_t i = 0; i < 4; ++i) equal = equal && run({each[i]}, {i}, {}) == row_of(want, cols, i);
  const std::vector<float> other = run({&d, &c, &a, &b}, {3, 2, 0, 1}, {{1, 0}, {2, 640}, {0, 0}, {1, 0}});
  for (int64_t i = 0; i < 4; ++i)
    equal =
        equal && row_of(other, cols, i) == row_of(want, cols, std::vector<int64_t>{3, 2, 0, 1}[static_cast<size_t>(i)]);
  const Request moved = paged.moved(b);
  equal = equal && run({&moved}, {1}, {}) == row_of(want, cols, 1);
  f.expect("decode_attention: a row has the same bits alone, batched, grouped, moved: " + std::string(name_of(type)) +
               " " + shape.text(),
           equal);
}

void row_ops(Fixture& f, DType type) {
  const int64_t rows = 300, cols = 136;
  const Twin x = f.random(rows, 2 * cols, type, 3.0f);
  const Twin weight = f.random(1, cols, type);
  const Twin bias = f.random(1, cols, type);
  const auto ops = {0, 1, 2};
  bool equal = true;
  for (const int op : ops) {
    const auto run = [&](int64_t first, int64_t count) {
      const Twin out = f.poisoned(count, cols, type);
      const View from = x.subject.slice(first, count);
      if (op == 0) f.subject().rms_norm(from.columns(0, cols), weight.subject, 1e-6f, out.subject);
      if (op == 1) f.subject().layer_norm(from.columns(0, cols), weight.subject, bias.subject, 1e-6f, out.subject);
      if (op == 2) f.subject().silu_mul(from, out.subject);
      return f.read(out);
    };
    const std::vector<float> all = run(0, rows);
    for (const int64_t r : {0, 1, 150, 299}) equal = equal && run(r, 1) == row_of(all, cols, r);
  }
  f.expect("norms and silu_mul: a row has the same bits in any batch", equal);
}

void tower_tiles(Fixture& f, DType type) {
  const int64_t tokens = 197, d = 3 * 40;
  const Twin qkv = f.random(3 * tokens, 3 * d, type);
  const AttentionShape shape{3, 3, 40, 0.16f, 0};
  const auto run = [&](int64_t first, int64_t count) {
    const Twin out = f.poisoned(count * tokens, d, type);
    const View rows = qkv.subject.slice(first * tokens, count * tokens);
    f.subject().tower_attention(rows.columns(0, d), rows.columns(d, d), rows.columns(2 * d, d), count,
                                static_cast<int32_t>(tokens), shape, out.subject);
    return f.read(out);
  };
  const std::vector<float> all = run(0, 3);
  const std::vector<float> last = run(2, 1);
  f.expect("tower_attention: a tile has the same bits in any batch",
           std::equal(last.begin(), last.end(), all.begin() + 2 * tokens * d));
}

}  // namespace

void test_invariance(Fixture& f) {
  for (const DType type : kTypes) {
    for (const Quantisation q : {Quantisation::none, Quantisation::int8, Quantisation::fp8_e4m3})
      linear_rows(f, type, q);
    row_ops(f, type);
    tower_tiles(f, type);
    prefill_chunks(f, {4, 2, 64, 0}, type);
    prefill_chunks(f, {2, 2, 80, 70}, type);
    prefill_chunks(f, {7, 1, 24, 200}, type);
    decode_groups(f, {4, 2, 64, 0}, type);
    decode_groups(f, {3, 3, 16, 500}, type);
  }
}

Outcome test_same_bits(Ops& one, Ops& other, std::ostream& log) {
  Outcome outcome;
  for (const DType type : kTypes) {
    std::vector<std::vector<float>> results[2];
    int which = 0;
    for (Ops* ops : {&one, &other}) {
      Fixture f(*ops, log);  // the same seed: the same numbers
      auto& out = results[which++];
      const HostMatrix weight(f, {520, 264}, type, 0.1f);
      const auto linear = ops->load_linear({std::span(&weight.tensor, 1), {}, 0, 0}, {type, Quantisation::none, false});
      ops->finish_loading();
      for (const int64_t rows : {1, 5, 50, 900}) {
        const Twin x = f.random(rows, 264, type);
        const Twin y = f.poisoned(rows, 520, type);
        ops->linear(*linear, x.subject, y.subject, Phase::prefill, Activation::gelu);
        out.push_back(f.read(y));
      }
      const Shape shape{6, 2, 64, 0};
      Paged paged(f, shape, type, 60);
      const Request prompt = paged.request(1100);
      paged.fill(prompt, 0, 1100);
      const Twin q = f.random(1100, paged.q_cols(), type);
      const Twin y = f.poisoned(1100, paged.q_cols(), type);
      const PrefillCall call(f, {{&prompt, 0, 1100}});
      ops->prefill_attention(q.subject, paged.subject(), call.subject(), shape.attention(), y.subject);
      out.push_back(f.read(y));
      const DecodeCall decode(f, {&prompt}, {});
      const Twin one_row = f.poisoned(1, paged.q_cols(), type, {}, Phase::decode);
      ops->decode_attention(q.subject.slice(0, 1), paged.subject(), decode.subject(), shape.attention(),
                            one_row.subject);
      out.push_back(f.read(one_row));
      outcome.failed += f.outcome().failed;
    }
    if (results[0] == results[1]) {
      ++outcome.passed;
    } else {
      ++outcome.failed;
      log << "FAIL other thread count, other bits (" << name_of(type) << ")\n";
    }
  }
  return outcome;
}

}  // namespace llava::test
