#pragma once

#include <memory>
#include <vector>

#include "models/llava.h"
#include "runtime/scheduler.h"
#include "runtime/step_block.h"

namespace llava {

/// A row of a step whose logits are wanted, and what became of it.
struct LogitRow {
  Sequence* sequence = nullptr;
  int64_t row = 0;       // in the step
  int64_t position = 0;  // in the sequence
  int32_t token = -1;    // chosen id; -1 = the logits held a NaN
  float logprob = 0.0f;  // likelihood requests: of the target
  bool best = false;
  std::vector<int32_t> top_ids = {};
  std::vector<float> top_logprobs = {};
  std::vector<float> first_of = {};
  std::vector<float> logits = {};
};

/// A step on its way through the device. Finished when `event` has passed.
struct Step {
  bool decode = false;
  int64_t rows = 0;
  std::vector<LogitRow> logit_rows;
  std::unique_ptr<Event> event;
  size_t block = 0;
  std::vector<Buffer> downloads;  // raw logits asked for

  // Where results lie in the block's result buffer.
  Slice<int32_t> tokens;  // one for each of logit_rows
  struct Pair {
    size_t logit_row = 0;
    int64_t of = -1;  // index in first_of, or -1 for the likelihood target
  };
  std::vector<Pair> pairs;
  Slice<float> pair_logprob;
  Slice<int32_t> pair_best;
  struct Top {
    size_t logit_row = 0;
    int32_t k = 0;
    Slice<int32_t> ids = {};
    Slice<float> logprobs = {};
  };
  std::vector<Top> tops;
  std::vector<size_t> download_rows;
};

/// Turns plans into ops on the stages' devices and reads results back. Several prefill steps and one decode step may be
/// queued.
class Executor {
 public:
  /// @param longest_pages pages of the longest sequence   @param spare_page a page of every cache that no sequence has
  Executor(LlavaModel& model, std::vector<KvCache>& caches, ImageSlots& slots, int64_t longest_pages,
           int32_t spare_page);

  /// Steps that may be queued at once.
  size_t depth() const { return model_.stage_count() + 1; }

  std::unique_ptr<Step> prefill(const PrefillPlan& plan);
  std::unique_ptr<Step> decode(const std::vector<Sequence*>& rows);
  bool passed(const Step& step);
  /// Waits for the step and fills the results of its logit rows.
  void complete(Step& step);

  int64_t images_encoded() const { return images_encoded_; }

 private:
  struct Block {
    explicit Block(std::vector<Ops*> devices) : indices(std::move(devices)) {}
    StepBlock indices;
    Buffer result_device;
    Buffer result_host;
    bool busy = false;
  };
  /// The index arrays of one logits call.
  struct LogitChunk {
    size_t first = 0;
    size_t count = 0;
    Slice<int32_t> rows;
    Slice<int32_t> pair_rows;
    Slice<int32_t> pair_ids;
    size_t first_pair = 0;
    bool penalised = false;
    Slice<int32_t> penalty_start;
    Slice<int32_t> penalty_ids;
    Slice<float> penalty;
    bool greedy = true;
    Slice<float> temperature;
    Slice<int32_t> top_k;
    Slice<float> top_p;
    Slice<float> uniform;
  };

  size_t free_block(bool decode);
  std::vector<LogitChunk> prepare_logits(Step& step, StepBlock& block);
  void reserve_results(Step& step, Block& block);
  void run_logits(Step& step, Block& block, const LogitChunk& chunk, const View& logits);
  void finish(Step& step, Block& block);
  void pass_on(size_t stage, int64_t rows);
  Ops& last() { return model_.stages().back()->ops(); }

  LlavaModel& model_;
  std::vector<KvCache>& caches_;
  ImageSlots& slots_;
  int64_t longest_pages_;
  int32_t spare_page_;
  std::vector<std::unique_ptr<Block>> blocks_;  // [0] decode, the rest prefill
  int64_t images_encoded_ = 0;
};

}  // namespace llava
