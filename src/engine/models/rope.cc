#include "models/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace llava {

namespace {

/// theta^(-2 i / D), stretched as rope_scaling says.
std::vector<float> frequencies(const TextConfig& text) {
  const int64_t half = text.head_size / 2;
  std::vector<float> out(static_cast<size_t>(half));
  const RopeScaling& rope = text.rope;
  for (int64_t i = 0; i < half; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(text.head_size);
    out[static_cast<size_t>(i)] = 1.0f / static_cast<float>(std::pow(text.theta, static_cast<double>(exponent)));
  }
  constexpr double two_pi = 2.0 * std::numbers::pi;
  if (rope.type == "linear") {
    for (float& f : out) f = static_cast<float>(f / rope.factor);
  } else if (rope.type == "llama3") {
    // Long wavelengths are stretched, short ones kept, those between blended (Llama 3.1).
    const double low = rope.original_context / rope.low_freq_factor;
    const double high = rope.original_context / rope.high_freq_factor;
    for (float& f : out) {
      const double wavelength = two_pi / f;
      if (wavelength > low) {
        f = static_cast<float>(f / rope.factor);
      } else if (wavelength >= high) {
        const double smooth = (rope.original_context / wavelength - rope.low_freq_factor) /
                              (rope.high_freq_factor - rope.low_freq_factor);
        f = static_cast<float>((1.0 - smooth) * f / rope.factor + smooth * f);
      }
    }
  } else if (rope.type == "yarn") {
    // Peng et al. 2023: interpolate the dimensions that turn fewer than beta_slow times over the original context, keep
    // those that turn more than beta_fast times, ramp between.
    const double d = static_cast<double>(text.head_size);
    const auto dimension = [&](double turns) {
      return d * std::log(rope.original_context / (turns * two_pi)) / (2.0 * std::log(text.theta));
    };
    const double low = std::max(std::floor(dimension(rope.beta_fast)), 0.0);
    double high = std::min(std::ceil(dimension(rope.beta_slow)), d - 1.0);
    if (low == high) high += 0.001;
    for (int64_t i = 0; i < half; ++i) {
      const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
      float& f = out[static_cast<size_t>(i)];
      f = static_cast<float>(f / rope.factor * ramp + f * (1.0 - ramp));
    }
  }
  return out;
}

}  // namespace

RopeTables make_rope_tables(const TextConfig& text, int64_t positions) {
  const std::vector<float> frequency = frequencies(text);
  RopeTables tables;
  tables.cos.reserve(static_cast<size_t>(positions) * frequency.size());
  tables.sin.reserve(static_cast<size_t>(positions) * frequency.size());
  const auto scale = static_cast<float>(text.rope.attention_factor);
  for (int64_t p = 0; p < positions; ++p) {
    for (const float f : frequency) {
      const double angle = static_cast<double>(static_cast<float>(p) * f);
      tables.cos.push_back(static_cast<float>(std::cos(angle)) * scale);
      tables.sin.push_back(static_cast<float>(std::sin(angle)) * scale);
    }
  }
  return tables;
}

}  // namespace llava
