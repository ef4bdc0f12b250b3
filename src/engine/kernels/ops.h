#pragma once

// The ops table: everything that models and the scheduler ask of a device. Written once against this header:
// models/ and engine/. Filled by three back ends:
//
//   kernels/reference/  the oracle: plain loops, float32 inside, obviously correct. Selftests compare against it.
//   kernels/cpu/        fast CPU kernels: instruction-set dispatch, thread pool, blocked GEMM.
//   kernels/cuda/       CUDA kernels and cuBLASLt.
//
// Rules for every op.
//
// Types.     "work type" W = the model's activation type: f32, bf16 or f16. All inputs and outputs of one call that are
//            not stated otherwise have type W. Inputs are widened exactly, sums and element-wise arithmetic are float32,
//            the result is rounded once to the output's type (nearest even). Rounding points in between are stated.
// Layout.    Matrices are row-major Views with a row stride (support/tensor.h). hidden sizes, K of linear and head sizes
//            are multiples of 8 (checked when a checkpoint is loaded); N of linear and row counts are arbitrary.
// Ownership. Every pointer and View is borrowed for the duration of the queued work. Ops allocate nothing that grows in
//            the steady state: scratch is reserved once by reserve(). Index arrays are device memory unless named host_.
// Aliasing.  An output may alias an input only where stated.
// Padding.   Buffers for activations have room for padded_rows(rows, phase) rows. A back end may read and write the
//            rows between rows and padded_rows (their contents are unspecified), never beyond.
// Order.     All ops run in call order on the compute queue and may be asynchronous.
// Empty.     rows == 0 is legal everywhere and does nothing.
//
// Batch invariance (the promise of the engine). The bits of an output row depend only on the bits of the inputs that the
// formula names for that row, never on the number of rows in the call, the row's index, its neighbours, the chunk a
// prompt was cut into, physical page numbers, or the number of threads. So: the order of every reduction is a function
// of K (linear), of the row width (norms), or of absolute key positions (attention) alone. Prefill and decode calls may
// use different orders; they are told apart by Phase, never by the row count: a prefill of one row is Phase::prefill.

#include <cstdint>
#include <memory>
#include <span>

#include "kernels/device.h"

namespace llava {

/// Prefill: rows of prompts, and everything of the vision tower. Decode: one row per running sequence.
enum class Phase { prefill, decode };

/// none; gelu = exact, x/2 (1 + erf(x / sqrt 2)); gelu_tanh = the tanh approximation; quick_gelu = x sigmoid(1.702 x).
enum class Activation { none, gelu, gelu_tanh, quick_gelu };

/// Opt-in weight compression at load, per output row: w = scale[n] * q[n, k]. The scale is float32.
enum class Quantisation { none, int8, fp8_e4m3 };

/// Which elements of a head are rotated together: i and i + D/2, or 2 i and 2 i + 1.
enum class Pairs { halves, neighbours };

/// Tokens per page of the KV cache; pages are also the unit of prefix sharing.
inline constexpr int32_t kPageTokens = 64;

// ---------------------------------------------------------------------------------------------------- weights

/// A weight matrix [n, k] (plus bias [n]) in whatever layout the back end likes: packed, quantised, padded.
/// Made and used by the same device. bytes() counts its device memory.
class Linear {
 public:
  virtual ~Linear() = default;
  virtual int64_t n() const = 0;
  virtual int64_t k() const = 0;
  virtual bool has_bias() const = 0;
  virtual size_t bytes() const = 0;
};

/// A table [rows, width] that rows are looked up in (token embeddings). May live in host memory.
class Table {
 public:
  virtual ~Table() = default;
  virtual int64_t rows() const = 0;
  virtual int64_t width() const = 0;
  virtual size_t bytes() const = 0;
};

/// A small dense weight (norms, class embedding, positions, newline, rope tables) in device memory.
struct Tensor {
  Buffer buffer;
  View view;
};

struct LinearSource {
  /// Stacked along n in this order (q, k, v; gate, up): each [n_i, k] row-major, f32, bf16 or f16.
  std::span<const HostTensor> weights;
  /// Empty, or one per weight: [n_i]. A nullptr data entry stands for zeros (k_proj without bias beside q_proj with).
  std::span<const HostTensor> biases;
  /// Only the first rows_limit rows of the stack are kept (lm_head cut to logit_rows); 0 = all.
  int64_t rows_limit = 0;
  /// k is padded with zero columns up to this multiple (patch embedding: 588 -> 640); 0 = not padded.
  int64_t pad_k_to = 0;
};

struct WeightOptions {
  /// Values are rounded to this type first (what torch's .to(dtype) does). A back end may store a narrower type where
  /// that is exact (bf16 weights in an f32 model).
  DType work = DType::bf16;
  Quantisation quantisation = Quantisation::none;
  /// Hint for tables: keep in host memory, the device reads rows over the bus.
  bool on_host = false;
};

/// What the engine will ask for at most; reserve() sizes all scratch from it.
struct Limits {
  DType work = DType::bf16;
  int64_t prefill_rows = 0;  // rows of one prefill call, text or tower, before padding
  int64_t decode_rows = 0;
  int64_t sequences = 0;  // sequences of one call
  int64_t context = 0;    // longest kv_length
  int64_t heads = 0;      // query heads, text
  int64_t kv_heads = 0;
  int64_t head_size = 0;
  int64_t tower_heads = 0;
  int64_t tower_head_size = 0;
  int64_t widest = 0;  // largest n of any linear except the head
  int64_t vocabulary = 0;
  int64_t logit_rows = 0;  // rows of one logits call
};

// -------------------------------------------------------------------------------------------------- attention

/// One layer's cache. keys and values: [pages, kv_heads, kPageTokens, head_size] of the work type, contiguous: the
/// kPageTokens vectors of one page and head lie together. Slot s of a token = page * kPageTokens + offset in the page.
struct KvLayer {
  void* keys = nullptr;
  void* values = nullptr;
  DType dtype = DType::bf16;
  int32_t pages = 0;
  int32_t kv_heads = 0;
  int32_t head_size = 0;
};

struct AttentionShape {
  int32_t heads = 0;  // query heads; head j reads kv head j / (heads / kv_heads)
  int32_t kv_heads = 0;
  int32_t head_size = 0;  // 16, 32, 64, 72, 80, 96, 128 (any multiple of 8 up to 128)
  float scale = 0.0f;     // multiplies q.k
  int32_t window = 0;     // a query at position i sees keys max(0, i - window + 1) .. i; 0 = all of 0 .. i
};

/// Sequences of one prefill call, all in device memory except host_*. Sequence s owns rows
/// [row_start[s], row_start[s + 1]) of q; they stand at positions position_start[s], position_start[s] + 1, ...
/// Keys 0 .. the row's own position are already in the cache (write_kv ran first), wherever they came from.
struct PrefillBatch {
  int32_t sequences = 0;
  int32_t rows = 0;
  int32_t longest_rows = 0;                 // most rows of one sequence
  int32_t longest_kv = 0;                   // max(position_start + rows of the sequence)
  const int32_t* row_start = nullptr;       // [sequences + 1]
  const int32_t* position_start = nullptr;  // [sequences]
  const int32_t* page_table = nullptr;      // [sequences, page_stride]: page of positions p*kPageTokens ..
  int32_t page_stride = 0;
  const int32_t* host_row_start = nullptr;       // the same numbers in host memory, for launch geometry;
  const int32_t* host_position_start = nullptr;  // valid during the call only
};

/// Sequences of one decode call: row s is the newest token of sequence s, at position kv_length[s] - 1, already written.
/// Groups are a hint for reading a shared prefix once; ignoring them gives the same bits. Group g = rows
/// [group_start[g], group_start[g + 1]); the first group_shared_tokens[g] positions (a multiple of kPageTokens) of its
/// rows lie in the same pages. A group of one row has 0; a group may be empty (group_start[g] == group_start[g + 1]).
/// The result of a row is the fixed-order merge of partial softmax sums over KV splits whose borders are absolute
/// positions (a constant multiple of kPageTokens per back end), so sharing or not cannot change it.
struct DecodeBatch {
  int32_t sequences = 0;
  int32_t longest_kv = 0;               // an upper bound; launch geometry may depend on it, bits must not
  const int32_t* kv_length = nullptr;   // [sequences]
  const int32_t* page_table = nullptr;  // [sequences, page_stride]
  int32_t page_stride = 0;
  int32_t groups = 0;
  const int32_t* group_start = nullptr;          // [groups + 1]
  const int32_t* group_shared_tokens = nullptr;  // [groups]
};

// --------------------------------------------------------------------------------------------------- the table

class Ops : public Device {
 public:
  // -- set-up ------------------------------------------------------------------------------------------------

  /// Reads the host tensors once, in order, page by page; peak extra host memory is bounded by a staging buffer.
  virtual std::unique_ptr<Linear> load_linear(const LinearSource& source, const WeightOptions& options) = 0;
  /// table [rows, width].
  virtual std::unique_ptr<Table> load_table(const HostTensor& table, const WeightOptions& options) = 0;
  /// Any shape as View [shape[0] or 1, rest], rounded to `type`.
  virtual Tensor load_tensor(const HostTensor& tensor, DType type) = 0;
  /// Ends loading: waits for uploads, frees staging.
  virtual void finish_loading() {}

  /// Bytes of scratch that reserve(limits) will take, for the memory plan. Needs no model.
  virtual size_t scratch_bytes(const Limits& limits) const = 0;
  virtual void reserve(const Limits& limits) = 0;
  /// Rows of capacity a caller must give activations of `rows` rows (>= rows). Constant per (rows, phase).
  virtual int64_t padded_rows(int64_t rows, Phase phase) const = 0;

  // -- linear ------------------------------------------------------------------------------------------------

  /// out[m, n] = round(activation(sum_k x[m, k] * w[n, k] + bias[n]) + residual[m, n])
  ///   x [M, k] W      out [M, n] W, or f32 (logits: not rounded to W)      residual [M, n] W or nullptr
  ///   residual may be out (same data and stride). x may not alias out. activation and residual are never both given.
  ///   Without activation and residual the bias is added in float32 before the one rounding.
  ///   The k order is a function of the weight's shape and the phase only.
  virtual void linear(const Linear& weight, const View& x, const View& out, Phase phase,
                      Activation activation = Activation::none, const View* residual = nullptr) = 0;

  // -- norms and element-wise --------------------------------------------------------------------------------

  /// out[r, :] = round(weight * round(x[r, :] / sqrt(mean(x[r, :]^2) + eps)));  x, out [rows, h]; weight [1, h].
  /// A shorter weight [1, w] norms every w columns by themselves (heads): h is a multiple of w.
  /// The inner rounding to W is the reference's (the product with the weight is in the working type).
  /// out may be x.
  virtual void rms_norm(const View& x, const View& weight, float eps, const View& out) = 0;
  /// out[r, :] = round((x - mean) / sqrt(var + eps) * weight + bias), biased variance, two passes or better;
  /// x, out [rows, h]; weight, bias [1, h]. out may be x.
  virtual void layer_norm(const View& x, const View& weight, const View& bias, float eps, const View& out) = 0;
  /// out[r, c] = round(round(silu(x[r, c])) * x[r, width + c]);  x [rows, 2 * width] (gate | up), out [rows, width].
  virtual void silu_mul(const View& x, const View& out) = 0;

  // -- rows --------------------------------------------------------------------------------------------------

  /// out[dst(i), :] = table[ids[i], :] for i < count; rows with ids[i] < 0 are left as they are (image slots).
  ///   ids [count] i32, each below table.rows() (checked on the host);  out [rows, width], dst(i) = i.
  virtual void embed(const Table& table, const int32_t* ids, int64_t count, const View& out) = 0;
  /// out[target ? target[i] : i, :] = source[i] >= 0 ? x[source[i], :] : fill[0, :]   for i < count.
  ///   Plain copies. Serves anyres packing (fill = newline), merging image vectors into a prompt, and picking rows.
  ///   x [*, h], out [*, h] the same dtype (any); fill [1, h] or nullptr when no source is negative; indices device i32.
  ///   Targets are distinct. out may not alias x.
  virtual void gather_rows(const View& x, const int32_t* source, const int32_t* target, int64_t count, const View* fill,
                           const View& out) = 0;

  /// out[i, :] = round(w[0] * x[s[0], :] + w[1] * x[s[1], :] + w[2] * x[s[2], :] + w[3] * x[s[3], :]) with s = source + 4 i,
  /// w = weight + 4 i, added from the left; without weights the largest of the four; s[0] < 0: out[i, :] = fill[0, :].
  ///   Shrinks and pools maps of image vectors: bilinear, average, maximum. All four rows are read, whatever they weigh.
  ///   x [*, h], out [count, h] W; fill [1, h] W or nullptr when no source is negative; source i32, weight f32 or nullptr:
  ///   [4 * count], device. out may not alias x.
  virtual void mix_rows(const View& x, const int32_t* source, const float* weight, int64_t count, const View* fill,
                        const View& out) = 0;

  // -- vision ------------------------------------------------------------------------------------------------

  /// Pixels to patch rows: out[(t * n + py) * n + px, (c * p + y) * p + x] = round(table[c * 256 + u8]) with
  /// u8 = tiles[t, c, py * p + y, px * p + x], n = side / p (pixels beyond n * p are not read).
  ///   tiles [count, 3, side, side] u8;  table [3 * 256] f32 device: the exact normalisation of every byte;
  ///   out [count * n * n, cols] with cols >= 3 * p * p; columns beyond are set to zero (pad_k_to of the weight).
  virtual void patches(const uint8_t* tiles, int64_t count, int32_t side, int32_t patch, const float* table,
                       const View& out) = 0;
  /// Tower input: out[t * T + 0, :] = round(class_row + position[0]) when class_row is given (T = P + 1), then
  /// out[t * T + off + i, :] = round(patch[t * P + i, :] + position[off + i, :]), off = 1 with a class row, else 0 (T = P).
  ///   patch [count * P, d], class_row [1, d] or nullptr, position [T, d], out [count * T, d].
  virtual void tower_input(const View& patch, const View* class_row, const View& position, int64_t count,
                           const View& out) = 0;
  /// Rotates heads in place by angles of the row's own: with e(c) = [r, c mod D/2] of cos and sin
  ///   halves:     y[c] = round(x[c] * cos - x[c + D/2] * sin), y[c + D/2] = round(x[c + D/2] * cos + x[c] * sin)
  ///   neighbours: y[2 i] = round(x[2 i] * cos - x[2 i + 1] * sin), y[2 i + 1] = round(x[2 i + 1] * cos + x[2 i] * sin),
  ///               each element with the angle of its own c: neighbours turn by different angles.
  ///   x [rows, heads * D] W;  cos, sin [rows, D/2] f32, device, contiguous.
  virtual void rotate_rows(const View& x, const float* cos, const float* sin, const AttentionShape& shape,
                           Pairs pairs) = 0;
  /// Bidirectional attention inside each tile, no mask: rows [t * tokens, (t + 1) * tokens) form tile t.
  ///   q, k, v [count * tokens, heads * head_size] (column slices of one qkv matrix, equal strides); shape.heads ==
  ///   shape.kv_heads, window 0; out [count * tokens, heads * head_size]. Softmax in float32.
  virtual void tower_attention(const View& q, const View& k, const View& v, int64_t count, int32_t tokens,
                               const AttentionShape& shape, const View& out) = 0;

  // -- text attention ----------------------------------------------------------------------------------------

  /// Rotates q in place and k on its way into the cache, copies v into the cache. Half rotation, per head of size D:
  ///   y[i] = round(x[i] * cos[p, i] - x[i + D/2] * sin[p, i]);  y[i + D/2] = round(x[i + D/2] * cos[p, i] + x[i] * sin[p, i])
  ///   q [rows, heads * D] rotated in place; k, v [rows, kv_heads * D], not changed; row r at position positions[r],
  ///   written to slots[r] (distinct). cos, sin [max positions, D/2] of type W (already rounded, widened exactly).
  virtual void rope_write_kv(const View& q, const View& k, const View& v, const int32_t* positions,
                             const int32_t* slots, const View& cos, const View& sin, const AttentionShape& shape,
                             const KvLayer& cache) = 0;
  /// Causal attention of prompt rows over the paged cache; q [rows, heads * D], out [rows, heads * D].
  ///   Keys are taken in tiles that start at absolute positions (multiples of kPageTokens), in ascending order; a tile of
  ///   which a row sees nothing leaves that row's state bit for bit. Softmax in float32; probabilities may be rounded to
  ///   W before the product with v (the reference does).
  virtual void prefill_attention(const View& q, const KvLayer& cache, const PrefillBatch& batch,
                                 const AttentionShape& shape, const View& out) = 0;
  /// Attention of one new row per sequence; q, out [sequences, heads * D]. See DecodeBatch.
  virtual void decode_attention(const View& q, const KvLayer& cache, const DecodeBatch& batch,
                                const AttentionShape& shape, const View& out) = 0;
  /// Copies whole pages inside one layer's cache: page pairs[2 i] -> pairs[2 i + 1] for i < count (device i32).
  /// Gives a suffix its own copy of the last, partly filled page of a shared prefix. No page is source and target.
  virtual void copy_pages(const KvLayer& cache, const int32_t* pairs, int64_t count) = 0;

  // -- logits ------------------------------------------------------------------------------------------------
  // logits [rows, V] f32 with V = logit_rows of the model: padded vocabulary rows were never computed.

  /// For each row r and each j in [start[r], start[r + 1]): id = ids[j] (distinct per row):
  /// logits[r, id] = logits[r, id] < 0 ? logits * penalty[r] : logits / penalty[r].   start [rows + 1], penalty [rows] f32.
  virtual void repetition_penalty(const View& logits, const int32_t* start, const int32_t* ids,
                                  const float* penalty) = 0;
  /// out[r] = index of the largest logit, ties to the lowest index; -1 when the row holds a NaN.  out [rows] i32.
  virtual void argmax(const View& logits, int32_t* out) = 0;
  /// Draws one id per row. Sort by (logit descending, id ascending); keep the first top_k (0 = all); p = softmax over the
  /// kept of logit / temperature; keep the shortest prefix with sum p >= top_p (at least one); out = the first kept id
  /// whose running sum exceeds uniform[r] * (sum of kept). All arrays [rows]; uniform in [0, 1) from the request's own
  /// counter-based generator, so the draw is the same in any batch. temperature 0 = argmax. -1 for a row with a NaN.
  virtual void sample(const View& logits, const float* temperature, const int32_t* top_k, const float* top_p,
                      const float* uniform, int32_t* out) = 0;
  /// logprob[i] = log_softmax(logits[row[i], :])[ids[i]]; best[i] = 1 when ids[i] is the row's argmax (ties as above).
  ///   row, ids [count] i32; logprob [count] f32; best [count] i32 or nullptr. A row may occur several times.
  virtual void gather_logprobs(const View& logits, const int32_t* row, const int32_t* ids, int64_t count,
                               float* logprob, int32_t* best) = 0;
  /// The k most likely ids of every row, descending, ties to the lowest id: ids, logprob [rows, k]; k <= 64.
  virtual void top_logprobs(const View& logits, int32_t k, int32_t* ids, float* logprob) = 0;
};

}  // namespace llava
