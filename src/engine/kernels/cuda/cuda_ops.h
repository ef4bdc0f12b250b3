#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernels/backends.h"
#include "kernels/cuda/context.h"
#include "kernels/cuda/scratch.h"
#include "kernels/ops.h"

namespace llava::cuda {

class CublasLt;
class CudaLinear;
class Staging;
struct Epilogue;

/// The CUDA back end. Its device half (memory, queues, graphs) is in cuda_device.cu; every other member function is in
/// the file of its kernel. Nothing here waits for the GPU but synchronize(), the loading calls and the first call of
/// reserve().
class CudaOps final : public Ops {
 public:
  CudaOps(int32_t ordinal, const OpenOptions& options);
  ~CudaOps() override;

  // cuda_device.cu
  DeviceInfo info() const override;
  Buffer allocate(size_t bytes) override;
  Buffer allocate_host(size_t bytes) override;
  void upload(void* target, const void* source, size_t bytes, Queue queue) override;
  void download(void* target, const void* source, size_t bytes, Queue queue) override;
  void copy(void* target, const void* source, size_t bytes) override;
  void fill_zero(void* target, size_t bytes) override;
  void copy_from(Device& source_device, void* target, const void* source, size_t bytes) override;
  std::unique_ptr<Event> record(Queue queue) override;
  void wait(Queue queue, const Event& event) override;
  void synchronize(const Event& event) override;
  bool passed(const Event& event) override;
  void synchronize() override;
  void replay(uint64_t key, const std::function<void()>& body) override;
  void forget_graphs() override;
  int64_t replay_rows(int64_t rows) const override;
  Replays replays() const override { return replays_; }

  // weights.cu
  std::unique_ptr<Linear> load_linear(const LinearSource& source, const WeightOptions& options) override;
  std::unique_ptr<Table> load_table(const HostTensor& table, const WeightOptions& options) override;
  Tensor load_tensor(const HostTensor& tensor, DType type) override;
  void finish_loading() override;

  // scratch.cc
  size_t scratch_bytes(const Limits& limits) const override;
  void reserve(const Limits& limits) override;

  // linear.cu
  int64_t padded_rows(int64_t rows, Phase phase) const override;
  void linear(const Linear& weight, const View& x, const View& out, Phase phase, Activation activation,
              const View* residual) override;

  // norms.cu
  void rms_norm(const View& x, const View& weight, float eps, const View& out) override;
  void layer_norm(const View& x, const View& weight, const View& bias, float eps, const View& out) override;
  // silu_mul.cu
  void silu_mul(const View& x, const View& out) override;
  // rows.cu
  void embed(const Table& table, const int32_t* ids, int64_t count, const View& out) override;
  void gather_rows(const View& x, const int32_t* source, const int32_t* target, int64_t count, const View* fill,
                   const View& out) override;
  // mix_rows.cu
  void mix_rows(const View& x, const int32_t* source, const float* weight, int64_t count, const View* fill,
                const View& out) override;
  // vision.cu
  void patches(const uint8_t* tiles, int64_t count, int32_t side, int32_t patch, const float* table,
               const View& out) override;
  void tower_input(const View& patch, const View* class_row, const View& position, int64_t count,
                   const View& out) override;

  // rotate_rows.cu
  void rotate_rows(const View& x, const float* cos, const float* sin, const AttentionShape& shape,
                   Pairs pairs) override;

  // prefill_attention.cu: the tower's and the text's
  void tower_attention(const View& q, const View& k, const View& v, int64_t count, int32_t tokens,
                       const AttentionShape& shape, const View& out) override;
  void prefill_attention(const View& q, const KvLayer& cache, const PrefillBatch& batch, const AttentionShape& shape,
                         const View& out) override;
  // decode_attention.cu
  void decode_attention(const View& q, const KvLayer& cache, const DecodeBatch& batch, const AttentionShape& shape,
                        const View& out) override;
  // kv_cache.cu
  void rope_write_kv(const View& q, const View& k, const View& v, const int32_t* positions, const int32_t* slots,
                     const View& cos, const View& sin, const AttentionShape& shape, const KvLayer& cache) override;
  void copy_pages(const KvLayer& cache, const int32_t* pairs, int64_t count) override;

  // logits.cu
  void repetition_penalty(const View& logits, const int32_t* start, const int32_t* ids, const float* penalty) override;
  void argmax(const View& logits, int32_t* out) override;
  void gather_logprobs(const View& logits, const int32_t* row, const int32_t* ids, int64_t count, float* logprob,
                       int32_t* best) override;
  void top_logprobs(const View& logits, int32_t k, int32_t* ids, float* logprob) override;
  // sample.cu
  void sample(const View& logits, const float* temperature, const int32_t* top_k, const float* top_p,
              const float* uniform, int32_t* out) override;

 private:
  struct Graph;
  struct Recording {
    Recording();
    ~Recording();
    int64_t calls = 0;  // before it was recorded
    uint64_t used = 0;  // number of the last call
    std::unique_ptr<Graph> graph;
  };

  bool linear_by_library(const CudaLinear& weight, const View& x, const Epilogue& epilogue);
  bool linear_widened(const CudaLinear& weight, const View& x, const Epilogue& epilogue);
  std::unique_ptr<Graph> record_graph(const std::function<void()>& body);
  void drop_oldest_graph();
  void allow_peer(int32_t peer);

  Context context_;
  std::unique_ptr<CublasLt> cublaslt_;  // empty when the library is not there: our own products serve
  std::unique_ptr<Staging> staging_;    // while loading
  Scratch scratch_;
  std::unordered_map<uint64_t, Recording> recordings_;
  uint64_t replay_calls_ = 0;
  Replays replays_;
  std::set<int32_t> peers_;  // GPUs whose memory this one may read, or cannot
};

}  // namespace llava::cuda
