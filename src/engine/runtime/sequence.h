#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "runtime/image_registry.h"
#include "runtime/page_tree.h"
#include "runtime/types.h"

namespace llava {

using Clock = std::chrono::steady_clock;

inline double milliseconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

struct ImageSpan {
  int64_t start = 0;  // first merged position
  int64_t count = 0;
  std::shared_ptr<ImageEntry> image;
};

struct RequestState;

/// One row of positions that the model runs: a prompt with its answer, or a prompt with one continuation.
struct Sequence {
  RequestState* request = nullptr;
  size_t continuation = 0;  // which one, in likelihood requests

  std::vector<int32_t> ids;  // merged prompt (and continuation); image positions hold -1 - image id
  std::vector<ImageSpan> images;
  int64_t first_wanted =
      0;  // logits are wanted from this position on; everything from here is computed by this sequence
  int64_t most_positions = 0;  // positions that may ever be written

  std::vector<PageNode*> path;  // one reference on each
  int64_t shared_pages = 0;     // leading pages of path that were matched
  PageNode* copy_source = nullptr;
  int32_t copy_count = 0;
  int64_t position = 0;  // next position to compute
  int64_t computed = 0;  // prompt rows that this sequence computed itself

  std::vector<int32_t> generated;
  std::vector<int32_t> seen;  // distinct ids under the repetition penalty
  bool decoding = false;      // the newest generated token waits for its decode step
  int32_t in_flight = 0;      // logit rows of this sequence in queued steps
  bool finished = false;

  int64_t prompt() const { return static_cast<int64_t>(ids.size()); }
};

/// A request inside the engine, until its handler was called.
struct RequestState {
  Request request;
  Handler handler;
  std::vector<ImageSpan> images;
  std::vector<int32_t> merged;  // the prompt alone
  int64_t image_tokens = 0;
  std::vector<std::unique_ptr<Sequence>> sequences;
  size_t unfinished = 0;
  Answer answer;
  bool stop_early = false;  // finish() was called
  bool failed = false;
  Clock::time_point submitted;
  Clock::time_point first_row;
  Clock::time_point first_token;
  bool started = false;
};

/// The uniform number in [0, 1) that decides token `index` of a request: a function of (seed, index) alone.
inline float uniform_of(uint64_t seed, uint64_t index) {
  // SplitMix64 over a Weyl sequence (Steele, Lea, Flood 2014), 24 bits kept.
  uint64_t x = seed * 0xd1342543de82ef95ull + (index + 1) * 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  x ^= x >> 31;
  return static_cast<float>(x >> 40) * 0x1p-24f;
}

}  // namespace llava
