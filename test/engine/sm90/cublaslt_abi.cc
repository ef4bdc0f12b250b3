// Compiles only when kernels/cuda/cublaslt_api.h, which is written by hand, agrees with NVIDIA's own cublasLt.h:
//   g++ -std=c++20 -fsyntax-only -I src/engine -isystem CUDA/include test/engine/sm90/cublaslt_abi.cc
// CUDA is a toolkit, or the folder nvidia/cu13 that the wheels nvidia-cuda-runtime, nvidia-cublas and nvidia-cuda-crt
// install.
#include <cublasLt.h>

#include <type_traits>

#include "kernels/cuda/cublaslt_api.h"

using namespace llava::cuda;

static_assert(sizeof(LtAlgorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(LtHeuristic) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(offsetof(LtHeuristic, workspace) == offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
static_assert(offsetof(LtHeuristic, status) == offsetof(cublasLtMatmulHeuristicResult_t, state));
static_assert(offsetof(LtHeuristic, waves) == offsetof(cublasLtMatmulHeuristicResult_t, wavesCount));

#define EQUAL(ours, theirs) static_assert(static_cast<int>(lt::ours) == static_cast<int>(theirs), #theirs)
EQUAL(kF32, CUDA_R_32F);
EQUAL(kF16, CUDA_R_16F);
EQUAL(kBf16, CUDA_R_16BF);
EQUAL(kCompute32F, CUBLAS_COMPUTE_32F);
EQUAL(kNone, CUBLAS_OP_N);
EQUAL(kTransposed, CUBLAS_OP_T);
EQUAL(kTransposeA, CUBLASLT_MATMUL_DESC_TRANSA);
EQUAL(kTransposeB, CUBLASLT_MATMUL_DESC_TRANSB);
EQUAL(kEpilogue, CUBLASLT_MATMUL_DESC_EPILOGUE);
EQUAL(kBiasPointer, CUBLASLT_MATMUL_DESC_BIAS_POINTER);
EQUAL(kDefault, CUBLASLT_EPILOGUE_DEFAULT);
EQUAL(kBias, CUBLASLT_EPILOGUE_BIAS);
EQUAL(kMostWorkspace, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
EQUAL(kAlignmentA, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES);
EQUAL(kAlignmentB, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES);
EQUAL(kAlignmentC, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES);
EQUAL(kAlignmentD, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES);
EQUAL(kSplitK, CUBLASLT_ALGO_CONFIG_SPLITK_NUM);
EQUAL(kReductionScheme, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME);

/// How an argument is passed: pointers alike, numbers by their width (ours are plain integers where theirs are
/// enumerations).
template <typename T>
constexpr int kPassed = std::is_pointer_v<T> ? 100
                                             : (std::is_floating_point_v<T> ? 200 : 0) + static_cast<int>(sizeof(T));

template <typename Ours, typename Theirs>
constexpr bool kSameCall = false;
template <typename R, typename... A, typename S, typename... B>
requires(sizeof...(A) ==
         sizeof...(B)) constexpr bool kSameCall<R (*)(A...), S (*)(B...)> = kPassed<R> == kPassed<S> &&
                                                                            ((kPassed<A> == kPassed<B>)&&...);

#define SAME(member, function) static_assert(kSameCall<decltype(CublasLtApi::member), decltype(&function)>, #function)
SAME(create, cublasLtCreate);
SAME(destroy, cublasLtDestroy);
SAME(get_version, cublasLtGetVersion);
SAME(get_status_string, cublasLtGetStatusString);
SAME(matmul_desc_create, cublasLtMatmulDescCreate);
SAME(matmul_desc_destroy, cublasLtMatmulDescDestroy);
SAME(matmul_desc_set_attribute, cublasLtMatmulDescSetAttribute);
SAME(matrix_layout_create, cublasLtMatrixLayoutCreate);
SAME(matrix_layout_destroy, cublasLtMatrixLayoutDestroy);
SAME(preference_create, cublasLtMatmulPreferenceCreate);
SAME(preference_destroy, cublasLtMatmulPreferenceDestroy);
SAME(preference_set_attribute, cublasLtMatmulPreferenceSetAttribute);
SAME(algo_get_heuristic, cublasLtMatmulAlgoGetHeuristic);
SAME(algo_check, cublasLtMatmulAlgoCheck);
SAME(algo_config_get_attribute, cublasLtMatmulAlgoConfigGetAttribute);
SAME(matmul, cublasLtMatmul);
