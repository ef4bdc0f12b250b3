#include <algorithm>
#include <cmath>

#include "ops/fixture.h"
#include "support/error.h"

namespace llava::test {

namespace {

std::string shape_text(DType type, int64_t m, int64_t n, int64_t k) {
  return std::string(name_of(type)) + " " + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
}

struct Weights {
  std::unique_ptr<Linear> subject;
  std::unique_ptr<Linear> oracle;
};

Weights load(Fixture& f, const LinearSource& source, DType work) {
  const WeightOptions options{work, Quantisation::none, false};
  Weights weights{f.subject().load_linear(source, options), f.oracle().load_linear(source, options)};
  f.subject().finish_loading();
  return weights;
}

/// One product on both sides; output poisoned, guarded, wider rows than columns.
void compare(Fixture& f, const std::string& what, const Weights& w, int64_t m, DType type, DType out_type, Phase phase,
             Activation activation, int residual, Room room = {}) {
  if (!f.takes()) return;
  const int64_t n = w.oracle->n();
  const int64_t k = w.oracle->k();
  const Twin x = f.random(m, k, type, 1.0f, room, phase);
  const Twin out =
      residual == 2 ? f.random(m, n, out_type, 1.0f, {0, 16}, phase) : f.poisoned(m, n, out_type, {8, 16}, phase);
  const Twin other = f.random(m, n, out_type, 1.0f, {}, phase);
  const Twin& added = residual == 2 ? out : other;
  f.subject().linear(*w.subject, x.subject, out.subject, phase, activation, residual > 0 ? &added.subject : nullptr);
  f.oracle().linear(*w.oracle, x.oracle, out.oracle, phase, activation, residual > 0 ? &added.oracle : nullptr);
  f.expect_equal("linear " + what, out, 4e-6f * std::sqrt(static_cast<float>(k)) + 1e-6f);
}

}  // namespace

void test_linear(Fixture& f) {
  const struct {
    int64_t n, k;
  } shapes[] = {{1, 8}, {8, 16}, {15, 72}, {16, 256}, {17, 264}, {33, 128}, {64, 640}, {100, 1000}, {151, 520}};
  for (const DType type : {DType::f32, DType::bf16, DType::f16}) {
    for (const auto& s : shapes) {
      const float scale = 1.0f / std::sqrt(static_cast<float>(s.k));
      const HostMatrix weight(f, {s.n, s.k}, type, scale);
      const HostMatrix bias(f, {s.n}, type, 1.0f);
      const Weights plain = load(f, {std::span(&weight.tensor, 1), {}, 0, 0}, type);
      const Weights with_bias = load(f, {std::span(&weight.tensor, 1), std::span(&bias.tensor, 1), 0, 0}, type);
      for (const int64_t m : {1, 2, 3, 4, 5, 6, 7, 12, 13, 31, 97}) {
        const Phase phase = m <= 7 ? Phase::decode : Phase::prefill;
        compare(f, shape_text(type, m, s.n, s.k), plain, m, type, type, phase, Activation::none, 0);
        compare(f, shape_text(type, m, s.n, s.k) + " bias, wide rows", with_bias, m, type, type, phase,
                Activation::none, 0, {16, 24});
      }
      compare(f, shape_text(type, 5, s.n, s.k) + " prefill", with_bias, 5, type, type, Phase::prefill, Activation::none,
              0);
      compare(f, shape_text(type, 0, s.n, s.k) + " empty", with_bias, 0, type, type, Phase::prefill, Activation::none,
              0);
      compare(f, shape_text(type, 9, s.n, s.k) + " to f32", with_bias, 9, type, DType::f32, Phase::prefill,
              Activation::none, 0);
      compare(f, shape_text(type, 3, s.n, s.k) + " to f32", with_bias, 3, type, DType::f32, Phase::decode,
              Activation::none, 0);
      compare(f, shape_text(type, 9, s.n, s.k) + " residual", with_bias, 9, type, type, Phase::prefill,
              Activation::none, 1);
      compare(f, shape_text(type, 2, s.n, s.k) + " residual", with_bias, 2, type, type, Phase::decode, Activation::none,
              1);
      compare(f, shape_text(type, 9, s.n, s.k) + " onto itself", with_bias, 9, type, type, Phase::prefill,
              Activation::none, 2);
      compare(f, shape_text(type, 2, s.n, s.k) + " onto itself", with_bias, 2, type, type, Phase::decode,
              Activation::none, 2);
      for (const Activation a : {Activation::gelu, Activation::gelu_tanh, Activation::quick_gelu}) {
        compare(f, shape_text(type, 9, s.n, s.k) + " activation", with_bias, 9, type, type, Phase::prefill, a, 0);
        compare(f, shape_text(type, 2, s.n, s.k) + " activation", with_bias, 2, type, type, Phase::decode, a, 0);
      }
    }
    // Many rows: several groups and blocks.
    const HostMatrix weight(f, {40, 328}, type, 0.05f);
    compare(f, shape_text(type, 850, 40, 328), load(f, {std::span(&weight.tensor, 1), {}, 0, 0}, type), 850, type, type,
            Phase::prefill, Activation::none, 0);
  }
  // More rows of decode than one tile has; edges in all three directions beyond the tiles of a GPU kernel.
  for (const DType type : {DType::f32, DType::bf16, DType::f16}) {
    const HostMatrix weight(f, {151, 520}, type, 0.04f);
    const HostMatrix bias(f, {151}, type, 1.0f);
    const Weights w = load(f, {std::span(&weight.tensor, 1), std::span(&bias.tensor, 1), 0, 0}, type);
    for (const int64_t m : {9, 17, 33, 65, 130}) {
      compare(f, shape_text(type, m, 151, 520) + " many rows of decode", w, m, type, type, Phase::decode,
              Activation::none, 1);
    }
    compare(f, shape_text(type, 150, 151, 520) + " several tiles", w, 150, type, type, Phase::prefill, Activation::gelu,
            0);
  }
  // Stacks, a missing bias, a cut, padding of k; file types other than the work type.
  for (const DType file : {DType::f32, DType::bf16, DType::f16}) {
    for (const DType work : {DType::f32, DType::bf16, DType::f16}) {
      const HostMatrix a(f, {24, 40}, file, 0.2f);
      const HostMatrix b(f, {9, 40}, file, 0.2f);
      const HostMatrix bias(f, {24}, file, 1.0f);
      const std::vector<HostTensor> both{a.tensor, b.tensor};
      const std::vector<HostTensor> biases{bias.tensor, {"none", nullptr, file, {9}}};
      const std::string what = std::string(name_of(file)) + " file, " + name_of(work) + " work, ";
      compare(f, what + "stack", load(f, {both, biases, 0, 0}, work), 10, work, work, Phase::prefill, Activation::none,
              0);
      compare(f, what + "cut", load(f, {both, {}, 27, 0}, work), 3, work, DType::f32, Phase::decode, Activation::none,
              0);
      compare(f, what + "padded k", load(f, {both, biases, 0, 64}, work), 10, work, work, Phase::prefill,
              Activation::none, 0);
    }
  }
}

namespace {

/// Values that a compressed weight holds exactly: small whole numbers or e4m3 values, the largest in every row, times a
/// power of two.
std::vector<float> exact_values(Fixture& f, Quantisation quantisation, int64_t n, int64_t k) {
  std::vector<float> values(static_cast<size_t>(n * k));
  for (size_t i = 0; i < values.size(); ++i) {
    const bool first = i % static_cast<size_t>(k) == 0;
    const float sign = f.below(2) == 0 ? 1.0f : -1.0f;
    if (quantisation == Quantisation::int8) {
      values[i] = sign * static_cast<float>(first ? 127 : f.below(128)) * 0x1p-9f;
    } else {
      const int64_t exponent = f.below(16);  // 0 has no hidden one; 15 ends at 1.75
      const float mantissa = static_cast<float>(f.below(exponent == 15 ? 7 : 8)) / 8.0f + (exponent == 0 ? 0.0f : 1.0f);
      values[i] = sign * (first ? 448.0f : std::ldexp(mantissa, static_cast<int>(std::max<int64_t>(exponent, 1)) - 7)) *
                  0x1p-12f;
    }
  }
  return values;
}

/// A compressed weight on the subject, or nothing where the back end refuses compression by name.
std::unique_ptr<Linear> load_compressed(Fixture& f, const LinearSource& source, DType work, Quantisation quantisation) {
  try {
    std::unique_ptr<Linear> linear = f.subject().load_linear(source, {work, quantisation, false});
    f.subject().finish_loading();
    return linear;
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace

/// Quantised weights against the oracle's product: with values that quantisation keeps, then with any.
void test_quantised_linear(Fixture& f) {
  for (const Quantisation quantisation : {Quantisation::int8, Quantisation::fp8_e4m3}) {
    const std::string name = quantisation == Quantisation::int8 ? "int8 weights" : "fp8 weights";
    for (const DType type : {DType::f32, DType::bf16, DType::f16}) {
      for (const auto& [n, k] : {std::pair<int64_t, int64_t>{37, 136}, {150, 520}, {9, 8}}) {
        const HostMatrix weight(exact_values(f, quantisation, n, k), {n, k}, DType::f32);
        const HostMatrix bias(f, {n}, type, 1.0f);
        const LinearSource source{std::span(&weight.tensor, 1), std::span(&bias.tensor, 1), 0, 0};
        Weights w{load_compressed(f, source, type, quantisation),
                  f.oracle().load_linear(source, {type, Quantisation::none, false})};
        if (!w.subject) continue;
        for (const int64_t m : {1, 12, 30, 70}) {
          compare(f, shape_text(type, m, n, k) + " exact " + name, w, m, type, type, Phase::decode, Activation::none,
                  1);
        }
        compare(f, shape_text(type, 140, n, k) + " exact " + name, w, 140, type, type, Phase::prefill,
                Activation::quick_gelu, 0);
        compare(f, shape_text(type, 5, n, k) + " exact " + name, w, 5, type, DType::f32, Phase::prefill,
                Activation::none, 0);
      }
      const HostMatrix weight(f, {37, 136}, DType::bf16, 0.1f);
      const LinearSource source{std::span(&weight.tensor, 1), {}, 0, 0};
      const std::unique_ptr<Linear> subject = load_compressed(f, source, type, quantisation);
      if (!subject) continue;
      const std::unique_ptr<Linear> oracle = f.oracle().load_linear(source, {type, Quantisation::none, false});
      for (const int64_t m : {1, 4, 40}) {
        const Phase phase = m < 10 ? Phase::decode : Phase::prefill;
        const Twin x = f.random(m, 136, type, 1.0f, {}, phase);
        const Twin out = f.poisoned(m, 37, DType::f32, {}, phase);
        f.subject().linear(*subject, x.subject, out.subject, phase);
        f.oracle().linear(*oracle, x.oracle, out.oracle, phase);
        // Half a step of each weight, 136 of them: int8 0.3 / 127 / 2, fp8 1/16 of the value, as a random walk.
        f.expect_equal(name, out, quantisation == Quantisation::int8 ? 0.08f : 0.25f);
      }
    }
  }
}

}  // namespace llava::test
