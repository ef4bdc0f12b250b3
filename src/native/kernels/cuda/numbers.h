#pragma once

// Element types on the device: exact widening, one rounding (nearest even) when narrowing, 16-byte vectors.

#include <cstdint>

#include "kernels/cuda/toolkit.h"
#include "support/dtype.h"
#include "support/error.h"

namespace llava::cuda {

__device__ __forceinline__ float widen(float x) { return x; }

#ifdef LLAVA_CUDA_EMULATED
inline float widen(BFloat16 x) { return x.to_float(); }
inline float widen(Float16 x) { return x.to_float(); }

template <typename T>
T narrow(float x) {
  return T::from(x);
}
template <>
inline float narrow<float>(float x) {
  return x;
}
#else
__device__ __forceinline__ float widen(BFloat16 x) { return __uint_as_float(static_cast<uint32_t>(x.bits) << 16); }
__device__ __forceinline__ float widen(Float16 x) {
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
  return y;
}

template <typename T>
__device__ __forceinline__ T narrow(float x);
template <>
__device__ __forceinline__ float narrow<float>(float x) {
  return x;
}
template <>
__device__ __forceinline__ BFloat16 narrow<BFloat16>(float x) {
  BFloat16 y;
#if __CUDA_ARCH__ >= 900
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
#else
  uint32_t both;  // sm_80 has the paired form only
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(0.0f), "f"(x));
  y.bits = static_cast<uint16_t>(both);
#endif
  return y;
}
template <>
__device__ __forceinline__ Float16 narrow<Float16>(float x) {
  Float16 y;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
  return y;
}
#endif

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
