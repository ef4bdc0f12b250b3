#pragma once

// Our own products out = epilogue(x w^T), one launch each. linear.cu chooses.

#include "kernels/cuda/context.h"
#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/weights.h"

namespace llava::cuda {

/// x [rows, k] W, rows x_stride elements apart; w as CudaLinear stores it.
struct Product {
  const void* x = nullptr;
  int64_t x_stride = 0;
  const void* w = nullptr;
  int32_t rows = 0;
  int32_t n = 0;
  int32_t k = 0;
  Epilogue epilogue;
};

/// gemm_prefill.cu: bf16 or f16 (`type`) with weights of the same type, i8 or f8.
void prefill_product(Context& context, const Product& product, DType type, Storage storage);
/// gemm_decode.cu: the same for Phase::decode.
void decode_product(Context& context, const Product& product, DType type, Storage storage);
/// gemm_f32.cu: float32 with weights f32, i8 or f8, either phase.
void prefill_product_f32(Context& context, const Product& product, Storage storage);
void decode_product_f32(Context& context, const Product& product, Storage storage);
/// activation.cu: what is left of the epilogue for sums [rows, n] f32 with `stride` elements from row to row; out of
/// `type` or f32.
void finish_product(Context& context, const float* sums, int64_t stride, int64_t rows, int64_t n,
                    const Epilogue& epilogue, DType type);

/// Calls body.operator()<T, Storage>() for a tensor-core type and the storages that go with it.
template <typename Body>
void with_tensor_core_types(DType type, Storage storage, Body body) {
  const auto with_storage = [&]<typename T, Storage kOwn>() {
    if (storage == kOwn) return body.template operator()<T, kOwn>();
    if (storage == Storage::i8) return body.template operator()<T, Storage::i8>();
    if (storage == Storage::f8) return body.template operator()<T, Storage::f8>();
    throw ContractViolation("linear: the weight was loaded for another work type");
  };
  if (type == DType::bf16) return with_storage.template operator()<BFloat16, Storage::bf16>();
  if (type == DType::f16) return with_storage.template operator()<Float16, Storage::f16>();
  throw ContractViolation(std::string("linear: no tensor-core product for ") + name_of(type));
}

}  // namespace llava::cuda
