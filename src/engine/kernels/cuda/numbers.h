#pragma once

// Element types on the device: exact widening, one rounding (nearest even) when narrowing, 16-byte vectors.

#include <llava_ptx.h>

#include <cstdint>

#include "support/dtype.h"
#include "support/error.h"

namespace llava::cuda {

/// x rounded to T and widened again: a rounding point in the middle of a formula.
template <typename T>
__device__ __forceinline__ float rounded(float x) {
  return widen(narrow<T>(x));
}

/// Up to 16 bytes of T, loaded and stored at once.
template <typename T, int kElements = 16 / static_cast<int>(sizeof(T))>
struct alignas(kElements * sizeof(T)) Pack {
  static constexpr int kCount = kElements;
  T at[kCount];
};

template <typename T, int kElements = Pack<T>::kCount>
__device__ __forceinline__ Pack<T, kElements> load_pack(const T* source) {
  return *reinterpret_cast<const Pack<T, kElements>*>(source);
}
template <typename T, int kElements>
__device__ __forceinline__ void store_pack(T* target, const Pack<T, kElements>& pack) {
  *reinterpret_cast<Pack<T, kElements>*>(target) = pack;
}

/// Calls body.operator()<T>() with the device type of a work type: f32, bf16 or f16.
template <typename Body>
void with_work_type(DType type, Body body) {
  switch (type) {
    case DType::f32: return body.template operator()<float>();
    case DType::bf16: return body.template operator()<BFloat16>();
    case DType::f16: return body.template operator()<Float16>();
    default: throw ContractViolation(std::string("cuda: ") + name_of(type) + " is no work type");
  }
}

}  // namespace llava::cuda
