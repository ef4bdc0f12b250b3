#include <cmath>
#include <optional>

#include "support/error.h"
#include "test/ops/fixture.h"

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
void compare(Fixture& f, const std::string& what, const Weights& w, int64_t m, DType type, DType out_type, Phase phase, Activation activation,
             int residual, Room room = {}) {
  const int64_t n = w.oracle->n();
  const int64_t k = w.oracle->k();
  const Twin x = f.random(m, k, type, 1.0f, room, phase);
  const Twin out = residual == 2 ? f.random(m, n, out_type, 1.0f, {0, 16}, phase) : f.poisoned(m, n, out_type, {8, 16}, phase);
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
        compare(f, shape_text(type, m, s.n, s.k) + " bias, wide rows", with_bias, m, type, type, phase, Activation::none, 0, {16, 24});
      }
      compare(f, shape_text(type, 5, s.n, s.k) + " prefill", with_bias, 5, type, type, Phase::prefill, Activation::none, 0);
      compare(f, shape_text(type, 0, s.n, s.k) + " empty", with_bias, 0, type, type, Phase::prefill, Activation::none, 0);
      compare(f, shape_text(type, 9, s.n, s.k) + " to f32", with_bias, 9, type, DType::f32, Phase::prefill, Activation::none, 0);
      compare(f, shape_text(type, 3, s.n, s.k) + " to f32", with_bias, 3, type, DType::f32, Phase::decode, Activation::none, 0);
      compare(f, shape_text(type, 9, s.n, s.k) + " residual", with_bias, 9, type, type, Phase::prefill, Activation::none, 1);
      compare(f, shape_text(type, 2, s.n, s.k) + " residual", with_bias, 2, type, type, Phase::decode, Activation::none, 1);
      compare(f, shape_text(type, 9, s.n, s.k) + " onto itself", with_bias, 9, type, type, Phase::prefill, Activation::none, 2);
      compare(f, shape_text(type, 2, s.n, s.k) + " onto itself", with_bias, 2, type, type, Phase::decode, Activation::none, 2);
      for (const Activation a : {Activation::gelu, Activation::gelu_tanh, Activation::quick_gelu}) {
        compare(f, shape_text(type, 9, s.n, s.k) + " activation", with_bias, 9, type, type, Phase::prefill, a, 0);
        compare(f, shape_text(type, 2, s.n, s.k) + " activation", with_bias, 2, type, type, Phase::decode, a, 0);
      }
    }
    // Many rows: several groups and blocks.
    const HostMatrix weight(f, {40, 328}, type, 0.05f);
    compare(f, shape_text(type, 850, 40, 328), load(f, {std::span(&weight.tensor, 1), {}, 0, 0}, type), 850, type, type, Phase::prefill,
            Activation::none, 0);
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
      compare(f, what + "stack", load(f, {both, biases, 0, 0}, work), 10, work, work, Phase::prefill, Activation::none, 0);
      compare(f, what + "cut", load(f, {both, {}, 27, 0}, work), 3, work, DType::f32, Phase::decode, Activation::none, 0);
      compare(f, what + "padded k", load(f, {both, biases, 0, 64}, work), 10, work, work, Phase::prefill, Activation::none, 0);
    }
  }
}

/// Quantised weights against the oracle's product with the values they stand for.
void test_quantised_linear(Fixture& f) {
  for (const Quantisation quantisation : {Quantisation::int8, Quantisation::fp8_e4m3}) {
    for (const DType type : {DType::f32, DType::bf16}) {
      const HostMatrix weight(f, {37, 136}, DType::bf16, 0.1f);
      const LinearSource source{std::span(&weight.tensor, 1), {}, 0, 0};
      std::unique_ptr<Linear> subject;
      try {
        subject = f.subject().load_linear(source, {type, quantisation, false});
      } catch (const Error&) {
        continue;  // a back end may refuse compression by name
      }
      f.subject().finish_loading();
      const std::unique_ptr<Linear> oracle = f.oracle().load_linear(source, {type, Quantisation::none, false});
      for (const int64_t m : {1, 4, 40}) {
        const Phase phase = m < 10 ? Phase::decode : Phase::prefill;
        const Twin x = f.random(m, 136, type, 1.0f, {}, phase);
        const Twin out = f.poisoned(m, 37, DType::f32, {}, phase);
        f.subject().linear(*subject, x.subject, out.subject, phase);
        f.oracle().linear(*oracle, x.oracle, out.oracle, phase);
        // Half a step of each weight, 136 of them: int8 0.3 / 127 / 2, fp8 1/16 of the value, as a random walk.
        f.expect_equal(quantisation == Quantisation::int8 ? "int8 weights" : "fp8 weights", out,
                       quantisation == Quantisation::int8 ? 0.08f : 0.25f);
      }
    }
  }
}

}  // namespace llava::test
