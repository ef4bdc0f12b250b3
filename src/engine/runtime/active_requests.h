#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/executor.h"
#include "runtime/scheduler.h"

namespace llava {

/// The requests between submit and their answer: results of steps become tokens and scores here, and every request ends
/// by exactly one call of handler.done or handler.failed. Engine thread only.
class ActiveRequests {
 public:
  ActiveRequests(Scheduler& scheduler, const ImageRegistry& images) : scheduler_(scheduler), images_(images) {}

  /// Takes a prepared request and lets its sequences be scheduled; one whose id is in flight fails.
  void add(std::unique_ptr<RequestState> state);
  void abort(uint64_t id);
  /// Ends a generation early: what there is becomes its answer.
  void finish(uint64_t id);
  void fail_broken_images();
  void fail_all(FailureCode code, const std::string& message);

  /// Takes in one result of a completed step.
  void take(LogitRow& row);
  /// Frees the requests that have ended and have no rows in a queued step.
  void sweep();
  /// An exception left the scheduler in an unknown state: from now on only handlers are called.
  void abandon_scheduler() { scheduler_is_sound_ = false; }

 private:
  void take_token(Sequence& sequence, LogitRow& row);
  void end_sequence(Sequence& sequence, Finish finish);
  void answer(RequestState& state);
  void fail(RequestState& state, FailureCode code, const std::string& message);
  void forget(RequestState& state);

  Scheduler& scheduler_;
  const ImageRegistry& images_;
  std::map<uint64_t, std::unique_ptr<RequestState>> active_;
  std::vector<std::unique_ptr<RequestState>> retired_;  // ended, but rows of theirs are still in a queued step
  bool scheduler_is_sound_ = true;
};

}  // namespace llava
