#include <algorithm>
#include <cmath>
#include <string>

#include "ops/fixture.h"

namespace llava::test {

namespace {

constexpr DType kTypes[] = {DType::f32, DType::bf16, DType::f16};

void test_norms(Fixture& f, DType type, int64_t rows, int64_t cols) {
  const std::string what = std::string(name_of(type)) + " " + std::to_string(rows) + "x" + std::to_string(cols);
  const Twin weight = f.random(1, cols, type);
  const Twin bias = f.random(1, cols, type);
  {
    const Twin x = f.random(rows, cols, type, 3.0f, {8, 8});
    const Twin out = f.poisoned(rows, cols, type, {0, 24});
    f.subject().rms_norm(x.subject, weight.subject, 1e-6f, out.subject);
    f.oracle().rms_norm(x.oracle, weight.oracle, 1e-6f, out.oracle);
    // The inner rounding may fall to the other side: one more step of the type.
    f.expect_equal("rms_norm " + what, out, type == DType::f32 ? 1e-5f : type == DType::bf16 ? 0.06f : 0.008f);
    f.subject().rms_norm(x.subject, weight.subject, 1e-6f, x.subject);
    f.expect("rms_norm in place " + what, f.read(x) == f.read(out));
  }
  const Twin x = f.from(f.floats(rows * cols, 2.0f), rows, cols, type);
  const Twin out = f.poisoned(rows, cols, type, {0, 24});
  f.subject().layer_norm(x.subject, weight.subject, bias.subject, 1e-5f, out.subject);
  f.oracle().layer_norm(x.oracle, weight.oracle, bias.oracle, 1e-5f, out.oracle);
  f.expect_equal("layer_norm " + what, out, 2e-5f);
  f.subject().layer_norm(x.subject, weight.subject, bias.subject, 1e-5f, x.subject);
  f.expect("layer_norm in place " + what, f.read(x) == f.read(out));
}

/// A weight of one head norms every head by itself: the oracle's numbers, and the bits of that head alone.
void test_head_norms(Fixture& f, DType type, int64_t rows, int64_t heads, int64_t size) {
  const std::string what = std::string(name_of(type)) + " " + std::to_string(rows) + " rows of " +
                           std::to_string(heads) + " heads of " + std::to_string(size);
  const Twin weight = f.random(1, size, type);
  const Twin x = f.random(rows, heads * size, type, 3.0f, {8, 8});
  const Twin out = f.poisoned(rows, heads * size, type, {0, 24});
  f.subject().rms_norm(x.subject, weight.subject, 1e-6f, out.subject);
  f.oracle().rms_norm(x.oracle, weight.oracle, 1e-6f, out.oracle);
  f.expect_equal("rms_norm, " + what, out, type == DType::f32 ? 1e-5f : type == DType::bf16 ? 0.06f : 0.008f);
  const std::vector<float> all = f.read(out);
  bool equal = true;
  for (int64_t head = 0; head < heads; ++head) {
    const Twin alone = f.poisoned(rows, size, type);
    f.subject().rms_norm(x.subject.columns(head * size, size), weight.subject, 1e-6f, alone.subject);
    const std::vector<float> one = f.read(alone);
    for (int64_t r = 0; r < rows; ++r) {
      equal = equal &&
              std::equal(one.begin() + r * size, one.begin() + (r + 1) * size, all.begin() + (r * heads + head) * size);
    }
  }
  f.expect("rms_norm, a head alone: " + what, equal);
  f.subject().rms_norm(x.subject, weight.subject, 1e-6f, x.subject);
  f.expect("rms_norm in place, " + what, f.read(x) == all);
}

/// Draws of `rows` equal to the oracle's, and the same when a row is drawn alone.
void test_draws(Fixture& f, const std::string& what, const Twin& logits, float temperature, int32_t top_k, float top_p,
                const std::vector<float>& uniform) {
  const auto n = static_cast<size_t>(logits.oracle.rows);
  const std::vector<float> t(n, temperature), p(n, top_p);
  const std::vector<int32_t> k(n, top_k);
  std::vector<int32_t> want(n);
  f.oracle().sample(logits.oracle, t.data(), k.data(), p.data(), uniform.data(), want.data());
  const Buffer td = f.bytes(t.data(), n * 4), pd = f.bytes(p.data(), n * 4), ud = f.bytes(uniform.data(), n * 4),
               kd = f.indices(k), got = f.subject().allocate(n * 4);
  f.subject().sample(logits.subject, td.as<float>(), kd.as<int32_t>(), pd.as<float>(), ud.as<float>(),
                     got.as<int32_t>());
  f.expect("sample: " + what, f.read_indices(got, logits.oracle.rows) == want);
  const auto last = static_cast<int64_t>(n) - 1;
  f.subject().sample(logits.subject.slice(last, 1), td.as<float>() + last, kd.as<int32_t>() + last,
                     pd.as<float>() + last, ud.as<float>() + last, got.as<int32_t>());
  f.expect("sample: " + what + ", a row alone", f.read_indices(got, 1)[0] == want.back());
}

/// Where an order of logits goes wrong: everything equal, zeros of both signs, infinities, ties at the border of what
/// is kept.
void test_order(Fixture& f) {
  const std::vector<float> uniform{0.0f, 0.25f, 0.5f, 0.99999994f};
  const int64_t cols = 1003;
  const auto rows_of = [&](auto value) {
    std::vector<float> values;
    for (int64_t i = 0; i < 4 * cols; ++i) values.push_back(value(i % cols));
    return f.from(values, 4, cols, DType::f32);
  };
  const std::pair<const char*, Twin> cases[] = {
      {"flat", rows_of([](int64_t) { return -3.5f; })},
      {"zeros of both signs", rows_of([](int64_t c) { return c % 2 == 0 ? -0.0f : 0.0f; })},
      {"many ties", rows_of([](int64_t c) { return static_cast<float>(c * 7 % 5); })},
      {"mostly -inf", rows_of([](int64_t c) { return c % 100 == 7 ? static_cast<float>(c) * 0.01f : -INFINITY; })},
      {"far apart", rows_of([](int64_t c) { return static_cast<float>(c * 31 % 1003) * 1e3f; })},
      {"close together", rows_of([](int64_t c) { return 1e-30f * static_cast<float>(c * 31 % 1003); })},
  };
  for (const auto& [name, logits] : cases) {
    for (const int32_t top_k : {0, 3, 202}) {
      for (const float top_p : {0.0f, 0.5f, 1.0f}) test_draws(f, name, logits, 1.0f, top_k, top_p, uniform);
    }
    const int32_t k = 64;
    std::vector<int32_t> want(static_cast<size_t>(4 * k));
    std::vector<float> logprob(want.size());
    f.oracle().top_logprobs(logits.oracle, k, want.data(), logprob.data());
    const Buffer ids = f.subject().allocate(want.size() * 4), values = f.subject().allocate(want.size() * 4);
    f.subject().top_logprobs(logits.subject, k, ids.as<int32_t>(), values.as<float>());
    f.expect(std::string("top_logprobs: ids, ") + name, f.read_indices(ids, 4 * k) == want);
  }
  const Twin wide = f.random(2, 152064, DType::f32, 4.0f);
  test_draws(f, "152064 ids", wide, 1.0f, 0, 0.95f, {0.3f, 0.9f});
  test_draws(f, "152064 ids, nearly flat", wide, 1e4f, 0, 1.0f, {0.4f, 0.8f});
}

}  // namespace

void test_rows(Fixture& f) {
  for (const DType type : kTypes) {
    for (const int64_t cols : {8, 16, 24, 64, 200, 896, 1032}) {
      for (const int64_t rows : {0, 1, 3, 65}) test_norms(f, type, rows, cols);
    }
    for (const int64_t cols : {4096, 8192, 8200, 16400}) test_norms(f, type, 2, cols);
    for (const int64_t size : {16, 80, 128}) {
      for (const int64_t rows : {0, 1, 65}) test_head_norms(f, type, rows, 5, size);
    }
    for (const int64_t width : {8, 24, 176, 4864}) {
      const Twin x = f.random(7, 2 * width, type, 4.0f, {8, 8});
      const Twin out = f.poisoned(7, width, type, {0, 16});
      f.subject().silu_mul(x.subject, out.subject);
      f.oracle().silu_mul(x.oracle, out.oracle);
      f.expect_equal("silu_mul " + std::string(name_of(type)), out,
                     type == DType::f32    ? 2e-5f
                     : type == DType::bf16 ? 0.13f
                                           : 0.02f);
    }
    for (const DType file : kTypes) {
      const HostMatrix table(f, {50, 40}, file, 1.0f);
      const WeightOptions options{type, Quantisation::none, false};
      const auto subject = f.subject().load_table(table.tensor, options);
      const auto oracle = f.oracle().load_table(table.tensor, options);
      f.subject().finish_loading();
      const std::vector<int32_t> ids{3, -200, 49, 0, 3, -1};
      const Twin out = f.random(6, 40, type, 1.0f, {8, 8});
      f.subject().embed(*subject, f.indices(ids).as<int32_t>(), 6, out.subject);
      f.oracle().embed(*oracle, ids.data(), 6, out.oracle);
      f.subject().synchronize();
      f.expect_equal("embed", out, 0.0f);
    }
    const Twin x = f.random(9, 40, type);
    const Twin fill = f.random(1, 40, type);
    const std::vector<int32_t> source{8, -1, 0, 3, 3};
    const std::vector<int32_t> target{4, 0, 6, 1, 2};
    const Buffer source_device = f.indices(source);
    const Buffer target_device = f.indices(target);
    const Twin placed = f.poisoned(7, 40, type, {8, 8});
    f.subject().gather_rows(x.subject, source_device.as<int32_t>(), target_device.as<int32_t>(), 5, &fill.subject,
                            placed.subject);
    f.oracle().gather_rows(x.oracle, source.data(), target.data(), 5, &fill.oracle, placed.oracle);
    f.expect_equal("gather_rows to targets", placed, 0.0f);
    const Twin inline_rows = f.poisoned(5, 40, type);
    f.subject().gather_rows(x.subject, source_device.as<int32_t>(), nullptr, 5, &fill.subject, inline_rows.subject);
    f.oracle().gather_rows(x.oracle, source.data(), nullptr, 5, &fill.oracle, inline_rows.oracle);
    f.expect_equal("gather_rows in order", inline_rows, 0.0f);
    const std::vector<int32_t> four{8, 0, 0, 3, 1, 1, 1, 1, -1, -1, -1, -1, 7, 6, 5, 4, 2, 2, 8, 8};
    const std::vector<float> weights{0.5f, 0.25f, 0.125f, 0.125f, 1.0f,  0.0f,  0.0f, 0.0f,  0.0f, 0.0f,
                                     0.0f, 0.0f,  0.1f,   0.2f,   0.75f, -0.3f, 0.9f, -0.1f, 0.1f, 0.1f};
    const Buffer four_device = f.indices(four);
    const Buffer weights_device = f.bytes(weights.data(), weights.size() * sizeof(float));
    for (const bool weighted : {true, false}) {
      const Twin mixed = f.poisoned(5, 40, type, {8, 8});
      f.subject().mix_rows(x.subject, four_device.as<int32_t>(), weighted ? weights_device.as<float>() : nullptr, 5,
                           &fill.subject, mixed.subject);
      f.oracle().mix_rows(x.oracle, four.data(), weighted ? weights.data() : nullptr, 5, &fill.oracle, mixed.oracle);
      f.expect_equal(weighted ? "mix_rows, weighted" : "mix_rows, largest", mixed, weighted ? 1e-6f : 0.0f);
      const Twin alone = f.poisoned(1, 40, type);
      f.subject().mix_rows(x.subject, four_device.as<int32_t>() + 12,
                           weighted ? weights_device.as<float>() + 12 : nullptr, 1, nullptr, alone.subject);
      const std::vector<float> all = f.read(mixed);
      const std::vector<float> one = f.read(alone);
      f.expect("mix_rows, a row alone", std::equal(one.begin(), one.end(), all.begin() + 3 * 40));
    }
  }
}

void test_vision(Fixture& f) {
  for (const DType type : kTypes) {
    for (const auto& [side, patch] : {std::pair<int32_t, int32_t>{56, 14}, {30, 14}, {32, 8}}) {
      std::vector<uint8_t> tiles(static_cast<size_t>(2 * 3 * side * side));
      for (uint8_t& byte : tiles) byte = static_cast<uint8_t>(f.below(256));
      const std::vector<float> table = f.floats(768);
      const Buffer tiles_device = f.bytes(tiles.data(), tiles.size());
      const Buffer table_device = f.bytes(table.data(), table.size() * sizeof(float));
      const int64_t n = side / patch;
      const Twin out = f.poisoned(2 * n * n, 640, type, {0, 16});
      f.subject().patches(tiles_device.as<uint8_t>(), 2, side, patch, table_device.as<float>(), out.subject);
      f.oracle().patches(tiles.data(), 2, side, patch, table.data(), out.oracle);
      f.expect_equal("patches", out, 0.0f);
    }
    for (const Pairs pairs : {Pairs::halves, Pairs::neighbours}) {
      // Columns of a wider matrix, as q stands beside k and v.
      const int32_t size = 24;
      const std::vector<float> cos = f.floats(5 * size / 2);
      const std::vector<float> sin = f.floats(5 * size / 2);
      const Buffer cos_device = f.bytes(cos.data(), cos.size() * sizeof(float));
      const Buffer sin_device = f.bytes(sin.data(), sin.size() * sizeof(float));
      const Twin x = f.random(5, 3 * size, type, 1.0f, {8, 8});
      const std::vector<float> before = f.read(x);
      const AttentionShape shape{3, 3, size, 1.0f, 0};
      f.subject().rotate_rows(x.subject, cos_device.as<float>(), sin_device.as<float>(), shape, pairs);
      f.oracle().rotate_rows(x.oracle, cos.data(), sin.data(), shape, pairs);
      f.expect_equal(pairs == Pairs::halves ? "rotate_rows, halves" : "rotate_rows, neighbours", x, 1e-6f);
      f.expect("rotate_rows turns", f.read(x) != before);
    }
    for (const bool with_class : {true, false}) {
      const int64_t tokens = 10;
      const Twin patch = f.random(3 * (tokens - (with_class ? 1 : 0)), 72, type);
      const Twin class_row = f.random(1, 72, type);
      const Twin position = f.random(tokens, 72, type);
      const Twin out = f.poisoned(3 * tokens, 72, type, {8, 0});
      f.subject().tower_input(patch.subject, with_class ? &class_row.subject : nullptr, position.subject, 3,
                              out.subject);
      f.oracle().tower_input(patch.oracle, with_class ? &class_row.oracle : nullptr, position.oracle, 3, out.oracle);
      f.expect_equal("tower_input", out, 0.0f);
    }
    const struct {
      int32_t heads, size, tokens;
    } shapes[] = {{1, 64, 577}, {3, 16, 5},   {2, 72, 65}, {1, 80, 128}, {2, 32, 1},
                  {1, 96, 130}, {2, 128, 64}, {1, 8, 300}, {1, 24, 63}};
    for (const auto& s : shapes) {
      const int64_t d = int64_t{s.heads} * s.size;
      const int64_t tiles = s.tokens > 200 ? 1 : 2;
      const Twin qkv = f.random(tiles * s.tokens, 3 * d, type);
      const Twin out = f.poisoned(tiles * s.tokens, d, type, {0, 16});
      const AttentionShape shape{s.heads, s.heads, s.size, 1.0f / std::sqrt(static_cast<float>(s.size)), 0};
      f.subject().tower_attention(qkv.subject.columns(0, d), qkv.subject.columns(d, d), qkv.subject.columns(2 * d, d),
                                  tiles, s.tokens, shape, out.subject);
      f.oracle().tower_attention(qkv.oracle.columns(0, d), qkv.oracle.columns(d, d), qkv.oracle.columns(2 * d, d),
                                 tiles, s.tokens, shape, out.oracle);
      f.expect_equal("tower_attention " + std::string(name_of(type)) + " heads of " + std::to_string(s.size), out,
                     type == DType::f32    ? 1e-5f
                     : type == DType::bf16 ? 0.01f
                                           : 2e-3f);
    }
  }
}

void test_logits(Fixture& f) {
  for (const int64_t vocabulary : {8, 100, 1027, 32064}) {
    const int64_t rows = 5;
    std::vector<float> values = f.floats(rows * vocabulary, 3.0f);
    values[static_cast<size_t>(vocabulary + 3)] = values[static_cast<size_t>(vocabulary + 6)] = 50.0f;  // a tie
    values[static_cast<size_t>(3 * vocabulary + 1)] = NAN;
    values[static_cast<size_t>(4 * vocabulary + 5)] = -INFINITY;
    const Twin logits = f.from(values, rows, vocabulary, DType::f32);
    const auto n = static_cast<size_t>(rows);

    std::vector<int32_t> want(n);
    f.oracle().argmax(logits.oracle, want.data());
    const Buffer got = f.subject().allocate(n * 4);
    f.subject().argmax(logits.subject, got.as<int32_t>());
    f.expect("argmax " + std::to_string(vocabulary), f.read_indices(got, rows) == want);

    for (const float top_p : {0.3f, 0.9f, 1.0f}) {
      for (const int32_t top_k : {0, 1, 5, 1000000}) {
        for (const float uniform : {0.0f, 0.37f, 0.999999f}) {
          if (!f.takes()) continue;
          const std::vector<float> temperature{0.7f, 1.3f, 0.0f, 1.0f, 1.0f}, p(n, top_p), u(n, uniform);
          const std::vector<int32_t> k(n, top_k);
          f.oracle().sample(logits.oracle, temperature.data(), k.data(), p.data(), u.data(), want.data());
          const Buffer t = f.bytes(temperature.data(), n * 4), pb = f.bytes(p.data(), n * 4),
                       ub = f.bytes(u.data(), n * 4), kb = f.indices(k);
          f.subject().sample(logits.subject, t.as<float>(), kb.as<int32_t>(), pb.as<float>(), ub.as<float>(),
                             got.as<int32_t>());
          f.expect("sample " + std::to_string(vocabulary), f.read_indices(got, rows) == want);
        }
      }
    }

    const std::vector<int32_t> row{0, 1, 1, 2, 4, 0}, ids{0, 3, 6, 7, 2, 5};
    std::vector<float> expected(6);
    std::vector<int32_t> best(6);
    f.oracle().gather_logprobs(logits.oracle, row.data(), ids.data(), 6, expected.data(), best.data());
    const Twin logprob = f.poisoned(1, 6, DType::f32);
    const Buffer best_device = f.subject().allocate(24);
    const Buffer row_device = f.indices(row), ids_device = f.indices(ids);
    f.subject().gather_logprobs(logits.subject, row_device.as<int32_t>(), ids_device.as<int32_t>(), 6,
                                static_cast<float*>(logprob.subject.data), best_device.as<int32_t>());
    std::copy(expected.begin(), expected.end(), static_cast<float*>(logprob.oracle.data));
    f.expect_equal("gather_logprobs", logprob, 1e-5f);
    f.expect("gather_logprobs: best", f.read_indices(best_device, 6) == best);

    const int32_t k = 6;
    const View clean_subject = logits.subject.slice(0, 3);
    std::vector<int32_t> top(3 * k);
    std::vector<float> top_logprob(3 * k);
    f.oracle().top_logprobs(logits.oracle.slice(0, 3), k, top.data(), top_logprob.data());
    const Buffer top_device = f.subject().allocate(top.size() * 4);
    const Twin top_values = f.poisoned(1, 3 * k, DType::f32);
    f.subject().top_logprobs(clean_subject, k, top_device.as<int32_t>(), static_cast<float*>(top_values.subject.data));
    std::copy(top_logprob.begin(), top_logprob.end(), static_cast<float*>(top_values.oracle.data));
    f.expect("top_logprobs: ids", f.read_indices(top_device, 3 * k) == top);
    f.expect_equal("top_logprobs", top_values, 1e-5f);

    const Twin penalised = f.from(values, rows, vocabulary, DType::f32);
    const std::vector<int32_t> start{0, 2, 2, 5, 5, 6}, seen{0, 7, 1, 2, 3, 4};
    const std::vector<float> penalty{1.05f, 2.0f, 1.3f, 1.0f, 0.8f};
    const Buffer start_device = f.indices(start), seen_device = f.indices(seen),
                 penalty_device = f.bytes(penalty.data(), n * 4);
    f.subject().repetition_penalty(penalised.subject, start_device.as<int32_t>(), seen_device.as<int32_t>(),
                                   penalty_device.as<float>());
    f.oracle().repetition_penalty(penalised.oracle, start.data(), seen.data(), penalty.data());
    f.expect_equal("repetition_penalty", penalised, 0.0f);
  }
  test_order(f);
}

}  // namespace llava::test
