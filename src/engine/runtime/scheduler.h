#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "runtime/image_slots.h"
#include "runtime/sequence.h"

namespace llava {

/// Prompt rows [start, start + count) of a sequence in a prefill step.
struct Chunk {
  Sequence* sequence = nullptr;
  int64_t start = 0;
  int64_t count = 0;
};

struct PrefillPlan {
  std::vector<Chunk> chunks;
  std::vector<int32_t> copies;  // pairs of pages: source, target
  int64_t rows = 0;
};

struct SchedulerLimits {
  int64_t token_budget = 512;
  int64_t most_sequences = 16;
  bool share_prefixes = true;
};

/// Decides what runs next: admits requests in order, shares prefixes through the page tree, cuts prompts into chunks
/// under the token budget, and keeps a shared prefix until its last request. Only bookkeeping; no device work.
/// Engine thread only.
///
/// A prefill step holds prompt rows of many sequences; a decode step holds one row of each running answer. They never
/// mix.
class Scheduler {
 public:
  Scheduler(PageTree& pages, const ImageRegistry& images, ImageSlots& slots, const SchedulerLimits& limits);
  ~Scheduler();

  void add(Sequence* sequence) { waiting_.push_back(sequence); }
  /// Moves waiting sequences to the running ones while pages and seats last.
  void admit();

  /// Rows for the next prefill step; empty when nothing can run. Images of the chunks are pinned in the slots.
  PrefillPlan plan_prefill();
  /// The step's work is queued: positions advance.
  void prefill_issued(const PrefillPlan& plan);

  /// Sequences whose newest token is known and not yet run, those that share a prefix next to each other.
  std::vector<Sequence*> plan_decode() const;

  /// Ends a sequence in any state: its pages are released.
  void remove(Sequence* sequence);
  /// A shared prefix is kept beyond its requests until `remaining` reached 0.
  void forget_groups();

  bool idle() const { return waiting_.empty() && running_.empty(); }
  int64_t shared_tokens() const { return shared_tokens_; }

 private:
  struct Pinned {
    std::vector<PageNode*> path;
    uint64_t used = 0;
  };

  bool try_admit(Sequence& sequence);
  void keep_group(const Sequence& sequence);
  bool evict_oldest_group();
  void release_path(std::vector<PageNode*>& path);
  /// Moves the sequence's position over what others have computed. False when it has to wait for them.
  bool skip_computed(Sequence& sequence);
  /// Positions of the sequence's own first page that can be copied from another's; -1 when it is worth waiting for
  /// them.
  int32_t copyable(const Sequence& sequence) const;
  /// Rows from `start` that may run now, at most `most`; pins images.
  int64_t runnable_rows(Sequence& sequence, int64_t start, int64_t most);

  PageTree& pages_;
  const ImageRegistry& images_;
  ImageSlots& slots_;
  SchedulerLimits limits_;
  std::deque<Sequence*> waiting_;
  std::vector<Sequence*> running_;
  std::map<std::string, Pinned> prefixes_;
  uint64_t clock_ = 0;
  int64_t shared_tokens_ = 0;
};

}  // namespace llava
