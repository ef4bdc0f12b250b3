#pragma once

#include <memory>
#include <vector>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/memory.h"
#include "kernels/cpu/thread_pool.h"
#include "kernels/reference/reference_ops.h"

namespace llava::cpu {

/// The fast back end: kernels of the best instruction set, work cut into tasks for the pool. Memory and queues are the
/// oracle's (host memory, every call has finished when it returns). Bits depend on the instruction set only.
class CpuOps final : public ReferenceOps {
 public:
  CpuOps(const Kernels& kernels, int threads);

  DeviceInfo info() const override;
  Buffer allocate(size_t bytes) override;
  Buffer allocate_host(size_t bytes) override;

  std::unique_ptr<Linear> load_linear(const LinearSource& source, const WeightOptions& options) override;
  std::unique_ptr<Table> load_table(const HostTensor& table, const WeightOptions& options) override;
  size_t scratch_bytes(const Limits& limits) const override;
  void reserve(const Limits& limits) override;

  void linear(const Linear& weight, const View& x, const View& out, Phase phase, Activation activation,
              const View* residual) override;
  void rms_norm(const View& x, const View& weight, float eps, const View& out) override;
  void layer_norm(const View& x, const View& weight, const View& bias, float eps, const View& out) override;
  void silu_mul(const View& x, const View& out) override;
  void embed(const Table& table, const int32_t* ids, int64_t count, const View& out) override;
  void gather_rows(const View& x, const int32_t* source, const int32_t* target, int64_t count, const View* fill,
                   const View& out) override;
  void mix_rows(const View& x, const int32_t* source, const float* weight, int64_t count, const View* fill,
                const View& out) override;
  void patches(const uint8_t* tiles, int64_t count, int32_t side, int32_t patch, const float* table,
               const View& out) override;
  void tower_input(const View& patch, const View* class_row, const View& position, int64_t count,
                   const View& out) override;
  void rotate_rows(const View& x, const float* cos, const float* sin, const AttentionShape& shape,
                   Pairs pairs) override;
  void tower_attention(const View& q, const View& k, const View& v, int64_t count, int32_t tokens,
                       const AttentionShape& shape, const View& out) override;
  void rope_write_kv(const View& q, const View& k, const View& v, const int32_t* positions, const int32_t* slots,
                     const View& cos, const View& sin, const AttentionShape& shape, const KvLayer& cache) override;
  void prefill_attention(const View& q, const KvLayer& cache, const PrefillBatch& batch, const AttentionShape& shape,
                         const View& out) override;
  void decode_attention(const View& q, const KvLayer& cache, const DecodeBatch& batch, const AttentionShape& shape,
                        const View& out) override;
  void argmax(const View& logits, int32_t* out) override;
  void sample(const View& logits, const float* temperature, const int32_t* top_k, const float* top_p,
              const float* uniform, int32_t* out) override;
  void gather_logprobs(const View& logits, const int32_t* row, const int32_t* ids, int64_t count, float* logprob,
                       int32_t* best) override;
  void top_logprobs(const View& logits, int32_t k, int32_t* ids, float* logprob) override;

 private:
  /// body(first, count) over pieces of `rows` rows, in parallel when the rows hold enough bytes to be worth it.
  template <typename Body>
  void for_rows(int64_t rows, int64_t bytes_per_row, Body&& body) {
    constexpr int64_t kPiece = 32 << 10;
    const int64_t piece = std::max<int64_t>(1, kPiece / std::max<int64_t>(bytes_per_row, 1));
    const int64_t pieces = (rows + piece - 1) / piece;
    pool_.run(pieces, [&](int64_t i, int) { body(i * piece, std::min(piece, rows - i * piece)); });
  }

  /// Scratch of one worker for a block of query rows.
  AttentionState attention_state(int worker, int32_t head_size, float scale);
  int32_t* attention_limits(int worker);  // [2][kBlockRows]: first and last visible key of each row in a tile
  void few_rows(const PanelWeight& weight, const View& x, bool dot_bf16, const Epilogue& epilogue);
  void many_rows(const PanelWeight& weight, const View& x, bool dot_bf16, const Epilogue& epilogue);

  const Kernels& kernels_;
  mutable ThreadPool pool_;
  Arena activations_;                  // packed rows of the present product
  std::vector<Arena> worker_product_;  // accumulators and widened weights
  std::vector<Arena> worker_attention_;
  Arena partial_;                   // decode attention: partial sums of every row, head and split
  std::vector<double> normaliser_;  // log sum exp of logit rows
  std::vector<int32_t> best_;
};

}  // namespace llava::cpu
