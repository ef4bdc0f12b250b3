#pragma once

// The part of cuBLASLt's C interface that we call, by hand: versions 12 and 13.

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace llava::cuda {

/// cublasLtMatmulAlgo_t
struct LtAlgorithm {
  uint64_t data[8] = {};
  bool operator==(const LtAlgorithm&) const = default;
};

/// cublasLtMatmulHeuristicResult_t
struct LtHeuristic {
  LtAlgorithm algorithm;
  size_t workspace;
  int status;
  float waves;
  int reserved[4];
};

namespace lt {

enum DataType { kF32 = 0, kF16 = 2, kBf16 = 14 };  // cudaDataType_t
enum ComputeType { kCompute32F = 68 };             // cublasComputeType_t: no TF32
enum Operation { kNone = 0, kTransposed = 1 };     // cublasOperation_t
enum OperationAttribute {
  kTransposeA = 3,
  kTransposeB = 4,
  kEpilogue = 7,
  kBiasPointer = 8
};                                          // cublasLtMatmulDescAttributes_t
enum Epilogue { kDefault = 1, kBias = 4 };  // cublasLtEpilogue_t
enum PreferenceAttribute { kMostWorkspace = 1, kAlignmentA = 5, kAlignmentB = 6, kAlignmentC = 7, kAlignmentD = 8 };
// cublasLtMatmulPreferenceAttributes_t
enum AlgorithmAttribute { kSplitK = 2, kReductionScheme = 3 };  // cublasLtMatmulAlgoConfigAttributes_t

}  // namespace lt

/// Entry points; statuses are 0 for success. Handles and descriptors are opaque.
struct CublasLtApi {
  int (*create)(void** handle);
  int (*destroy)(void* handle);
  size_t (*get_version)();
  const char* (*get_status_string)(int status);
  int (*matmul_desc_create)(void** desc, int compute_type, int scale_type);
  int (*matmul_desc_destroy)(void* desc);
  int (*matmul_desc_set_attribute)(void* desc, int attribute, const void* value, size_t bytes);
  int (*matrix_layout_create)(void** layout, int type, uint64_t rows, uint64_t columns, int64_t leading_dimension);
  int (*matrix_layout_destroy)(void* layout);
  int (*preference_create)(void** preference);
  int (*preference_destroy)(void* preference);
  int (*preference_set_attribute)(void* preference, int attribute, const void* value, size_t bytes);
  int (*algo_get_heuristic)(void* handle, void* desc, void* a, void* b, void* c, void* d, void* preference, int most,
                            LtHeuristic* results, int* found);
  int (*algo_check)(void* handle, void* desc, void* a, void* b, void* c, void* d, const LtAlgorithm* algorithm,
                    LtHeuristic* result);
  int (*algo_config_get_attribute)(const LtAlgorithm* algorithm, int attribute, void* value, size_t bytes,
                                   size_t* written);
  int (*matmul)(void* handle, void* desc, const void* alpha, const void* a, void* a_layout, const void* b,
                void* b_layout, const void* beta, const void* c, void* c_layout, void* d, void* d_layout,
                const LtAlgorithm* algorithm, void* workspace, size_t workspace_bytes, cudaStream_t stream);
};

}  // namespace llava::cuda
