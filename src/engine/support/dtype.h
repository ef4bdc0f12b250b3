#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace llava {

/// Element types. Weights and activations are f32, bf16 or f16; i32 and u8 are for ids and pixels;
/// i64 occurs in files only; f8e4m3 and i8 are quantised weights inside a Linear.
enum class DType : uint8_t { f32, bf16, f16, i32, i64, u8, i8, f8e4m3 };

constexpr size_t size_of(DType type) {
  switch (type) {
    case DType::f32:
    case DType::i32: return 4;
    case DType::bf16:
    case DType::f16: return 2;
    case DType::i64: return 8;
    case DType::u8:
    case DType::i8:
    case DType::f8e4m3: return 1;
  }
  return 0;
}

constexpr const char* name_of(DType type) {
  switch (type) {
    case DType::f32: return "f32";
    case DType::bf16: return "bf16";
    case DType::f16: return "f16";
    case DType::i32: return "i32";
    case DType::i64: return "i64";
    case DType::u8: return "u8";
    case DType::i8: return "i8";
    case DType::f8e4m3: return "f8e4m3";
  }
  return "?";
}

/// Storage of a bfloat16. Conversion to float is exact; from float it rounds to nearest, ties to even.
struct BFloat16 {
  uint16_t bits;

  static BFloat16 from(float value) {
    const auto u = std::bit_cast<uint32_t>(value);
    if ((u & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>((u >> 16) | 0x40u)};  // keep NaN a NaN
    return {static_cast<uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16)};
  }
  float to_float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
};

/// Storage of an IEEE binary16. Same rules; overflow becomes infinity, subnormals are kept.
struct Float16 {
  uint16_t bits;

  static Float16 from(float value) {
    const auto u = std::bit_cast<uint32_t>(value);
    const auto sign = static_cast<uint16_t>((u >> 16) & 0x8000u);
    const uint32_t magnitude = u & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return {static_cast<uint16_t>(sign | 0x7e00u)};
    if (magnitude >= 0x477ff000u) return {static_cast<uint16_t>(sign | 0x7c00u)};  // rounds to infinity
    if (magnitude < 0x38800000u) {                                                 // subnormal or zero
      // Adding 0.5 aligns the ulp of the sum with the subnormal ulp; the hardware then rounds to even.
      const float sum = std::bit_cast<float>(magnitude) + 0.5f;
      return {static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(sum) - 0x3f000000u))};
    }
    const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    return {static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13))};
  }
  float to_float() const {
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
    const uint32_t magnitude = bits & 0x7fffu;
    if (magnitude >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | ((magnitude & 0x3ffu) << 13));
    if (magnitude < 0x400u) {
      const float value = static_cast<float>(magnitude) * 0x1p-24f;
      return sign ? -value : value;
    }
    return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000u));
  }
};

static_assert(sizeof(BFloat16) == 2 && sizeof(Float16) == 2);

/// Reads element `index` of an array of `type` (f32, bf16 or f16) as float. Exact.
inline float load_float(const void* data, DType type, int64_t index) {
  switch (type) {
    case DType::bf16: return static_cast<const BFloat16*>(data)[index].to_float();
    case DType::f16: return static_cast<const Float16*>(data)[index].to_float();
    default: return static_cast<const float*>(data)[index];
  }
}

/// Writes `value` as element `index` of an array of `type` (f32, bf16 or f16), rounding to nearest even.
inline void store_float(void* data, DType type, int64_t index, float value) {
  switch (type) {
    case DType::bf16: static_cast<BFloat16*>(data)[index] = BFloat16::from(value); break;
    case DType::f16: static_cast<Float16*>(data)[index] = Float16::from(value); break;
    default: static_cast<float*>(data)[index] = value; break;
  }
}

/// `value` rounded to `type` and widened again.
inline float round_to(DType type, float value) {
  switch (type) {
    case DType::bf16: return BFloat16::from(value).to_float();
    case DType::f16: return Float16::from(value).to_float();
    default: return value;
  }
}

}  // namespace llava
