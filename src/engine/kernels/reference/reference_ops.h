#pragma once

#include "kernels/ops.h"

namespace llava {

/// The oracle: every op of the table as plain loops over host memory, float32 values, sums in double. It decides what
/// is right; it is never fast. The fast CPU back end may derive from it and override op by op.
class ReferenceOps : public Ops {
 public:
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

  std::unique_ptr<Linear> load_linear(const LinearSource& source, const WeightOptions& options) override;
  std::unique_ptr<Table> load_table(const HostTensor& table, const WeightOptions& options) override;
  Tensor load_tensor(const HostTensor& tensor, DType type) override;
  size_t scratch_bytes(const Limits& limits) const override;
  void reserve(const Limits& limits) override;
  int64_t padded_rows(int64_t rows, Phase phase) const override;

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
  void copy_pages(const KvLayer& cache, const int32_t* pairs, int64_t count) override;
  void repetition_penalty(const View& logits, const int32_t* start, const int32_t* ids, const float* penalty) override;
  void argmax(const View& logits, int32_t* out) override;
  void sample(const View& logits, const float* temperature, const int32_t* top_k, const float* top_p,
              const float* uniform, int32_t* out) override;
  void gather_logprobs(const View& logits, const int32_t* row, const int32_t* ids, int64_t count, float* logprob,
                       int32_t* best) override;
  void top_logprobs(const View& logits, int32_t k, int32_t* ids, float* logprob) override;
};

/// A weight of the oracle: float32 copies of the values rounded to the work type.
class ReferenceLinear : public Linear {
 public:
  int64_t n() const override { return n_; }
  int64_t k() const override { return k_; }
  bool has_bias() const override { return !bias_.empty(); }
  size_t bytes() const override { return (weight_.size() + bias_.size()) * sizeof(float); }

  int64_t n_ = 0;
  int64_t k_ = 0;
  std::vector<float> weight_;  // [n, k]
  std::vector<float> bias_;    // [n] or empty
};

class ReferenceTable : public Table {
 public:
  int64_t rows() const override { return rows_; }
  int64_t width() const override { return width_; }
  size_t bytes() const override { return values_.size() * sizeof(float); }

  int64_t rows_ = 0;
  int64_t width_ = 0;
  std::vector<float> values_;  // [rows, width]
};

}  // namespace llava
