// Ops that are on their way: every one that is written leaves this file.

#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/cuda_ops.h"
#include "support/error.h"

namespace llava::cuda {

namespace {
[[noreturn]] void unwritten(const char* op) { throw ContractViolation(std::string("cuda: ") + op + " is not written yet"); }
}  // namespace

// GEMM
std::unique_ptr<CublasLt> CublasLt::open(const std::string&) { return nullptr; }
std::string CublasLt::version() const { return ""; }
std::unique_ptr<Linear> CudaOps::load_linear(const LinearSource&, const WeightOptions&) { unwritten("load_linear"); }
std::unique_ptr<Table> CudaOps::load_table(const HostTensor&, const WeightOptions&) { unwritten("load_table"); }
Tensor CudaOps::load_tensor(const HostTensor&, DType) { unwritten("load_tensor"); }
void CudaOps::finish_loading() {}
int64_t CudaOps::padded_rows(int64_t rows, Phase) const { return rows; }
void CudaOps::linear(const Linear&, const View&, const View&, Phase, Activation, const View*) { unwritten("linear"); }
size_t linear_scratch_bytes(const Limits&) { return 0; }

// ROWS
void CudaOps::rms_norm(const View&, const View&, float, const View&) { unwritten("rms_norm"); }
void CudaOps::layer_norm(const View&, const View&, const View&, float, const View&) { unwritten("layer_norm"); }
void CudaOps::silu_mul(const View&, const View&) { unwritten("silu_mul"); }
void CudaOps::embed(const Table&, const int32_t*, int64_t, const View&) { unwritten("embed"); }
void CudaOps::gather_rows(const View&, const int32_t*, const int32_t*, int64_t, const View*, const View&) { unwritten("gather_rows"); }
void CudaOps::patches(const uint8_t*, int64_t, int32_t, int32_t, const float*, const View&) { unwritten("patches"); }
void CudaOps::tower_input(const View&, const View*, const View&, int64_t, const View&) { unwritten("tower_input"); }
void CudaOps::repetition_penalty(const View&, const int32_t*, const int32_t*, const float*) { unwritten("repetition_penalty"); }
void CudaOps::argmax(const View&, int32_t*) { unwritten("argmax"); }
void CudaOps::gather_logprobs(const View&, const int32_t*, const int32_t*, int64_t, float*, int32_t*) { unwritten("gather_logprobs"); }
void CudaOps::top_logprobs(const View&, int32_t, int32_t*, float*) { unwritten("top_logprobs"); }
size_t logits_scratch_bytes(const Limits&) { return 0; }
void CudaOps::sample(const View&, const float*, const int32_t*, const float*, const float*, int32_t*) { unwritten("sample"); }
size_t sample_scratch_bytes(const Limits&) { return 0; }

}  // namespace llava::cuda
