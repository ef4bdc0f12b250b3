#include "runtime/scheduler.h"

#include <algorithm>

namespace llava {

Scheduler::Scheduler(PageTree& pages, const ImageRegistry& images, ImageSlots& slots, const SchedulerLimits& limits)
    : pages_(pages), images_(images), slots_(slots), limits_(limits) {}

Scheduler::~Scheduler() { forget_groups(); }

void Scheduler::release_path(std::vector<PageNode*>& path) {
  for (auto node = path.rbegin(); node != path.rend(); ++node) pages_.release(*node);
  path.clear();
}

void Scheduler::forget_groups() {
  for (auto& [key, pinned] : prefixes_) release_path(pinned.path);
  prefixes_.clear();
}

bool Scheduler::evict_oldest_group() {
  const auto oldest = std::min_element(prefixes_.begin(), prefixes_.end(),
                                       [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
  if (oldest == prefixes_.end()) return false;
  release_path(oldest->second.path);
  prefixes_.erase(oldest);
  return true;
}

void Scheduler::keep_group(const Sequence& sequence) {
  const Request& request = sequence.request->request;
  if (request.prefix.empty() || !limits_.share_prefixes) return;
  Pinned next;
  if (request.remaining > 0) {
    const auto prompt_pages =
        static_cast<size_t>((static_cast<int64_t>(sequence.request->merged.size()) + kPageTokens - 1) / kPageTokens);
    for (size_t i = 0; i < std::min(prompt_pages, sequence.path.size()); ++i) {
      pages_.add_reference(sequence.path[i]);
      next.path.push_back(sequence.path[i]);
    }
    next.used = ++clock_;
  }
  const auto found = prefixes_.find(request.prefix);
  if (found != prefixes_.end()) {
    release_path(found->second.path);
    prefixes_.erase(found);
  }
  if (request.remaining > 0) prefixes_.emplace(request.prefix, std::move(next));
}

bool Scheduler::try_admit(Sequence& s) {
  PageTree::Match match;
  if (limits_.share_prefixes) match = pages_.match(s.ids, s.first_wanted);
  const int64_t all_pages = (s.most_positions + kPageTokens - 1) / kPageTokens;
  const int64_t new_pages = all_pages - static_cast<int64_t>(match.full.size());
  // The match must survive evictions of other groups' pages.
  for (PageNode* node : match.full) pages_.add_reference(node);
  if (match.partial != nullptr) pages_.add_reference(match.partial);
  while (pages_.free_pages() < new_pages && evict_oldest_group()) {
  }
  if (pages_.free_pages() < new_pages) {
    if (match.partial != nullptr) pages_.release(match.partial);
    release_path(match.full);
    return false;
  }
  s.path = std::move(match.full);
  s.shared_pages = static_cast<int64_t>(s.path.size());
  s.copy_source = match.partial;
  s.copy_count = match.partial_count;
  const std::span<const int32_t> ids(s.ids);
  for (int64_t i = s.shared_pages; i < all_pages; ++i) {
    const int64_t start = std::min(i * kPageTokens, s.prompt());
    const int64_t end = std::min(start + kPageTokens, s.prompt());
    PageNode* parent = s.path.empty() ? nullptr : s.path.back();
    s.path.push_back(pages_.create(parent, ids.subspan(static_cast<size_t>(start), static_cast<size_t>(end - start)),
                                   &s, limits_.share_prefixes));
  }
  keep_group(s);
  return true;
}

void Scheduler::admit() {
  while (!waiting_.empty() && static_cast<int64_t>(running_.size()) < limits_.most_sequences) {
    if (!try_admit(*waiting_.front())) return;
    running_.push_back(waiting_.front());
    waiting_.pop_front();
  }
}

bool Scheduler::skip_computed(Sequence& s) {
  while (s.position < s.shared_pages * kPageTokens) {
    PageNode* node = s.path[static_cast<size_t>(s.position / kPageTokens)];
    const int64_t start = s.position / kPageTokens * kPageTokens;
    // Rows of this step count: a layer writes the keys of all its rows before any of them attends.
    s.position = std::max(s.position, start + node->computed + node->planned);
    if (s.position == start + kPageTokens) continue;
    if (node->owner != nullptr && node->owner != &s) return false;
    node->owner = &s;  // whoever was computing it went away
    return true;
  }
  return true;
}

int32_t Scheduler::copyable(const Sequence& s) const {
  if (s.copy_source == nullptr || s.position != s.shared_pages * kPageTokens) return 0;
  // A copy runs before the step's rows, so only what earlier steps computed can be copied. Worth waiting for only
  // behind whole shared pages: a few common words are cheaper to compute again.
  const bool coming = s.copy_source->owner != nullptr && s.copy_source->computed < s.copy_count;
  if (coming && s.shared_pages > 0) return -1;
  return std::min(s.copy_count, s.copy_source->computed);
}

int64_t Scheduler::runnable_rows(Sequence& s, int64_t start, int64_t most) {
  int64_t end = std::min(start + most, s.prompt());
  // Taken-over pages end where somebody else's begin.
  for (int64_t page = start / kPageTokens; page * kPageTokens < end && page < s.shared_pages; ++page) {
    const PageNode* node = s.path[static_cast<size_t>(page)];
    if (node->owner != &s) {
      end = std::max(start, page * kPageTokens);
      break;
    }
  }
  for (const ImageSpan& span : s.images) {
    if (span.start >= end || span.start + span.count <= start) continue;
    if (images_.state(*span.image) != ImageEntry::State::ready || !slots_.pin(span.image)) {
      end = std::max(start, span.start);
      break;
    }
  }
  return end - start;
}

PrefillPlan Scheduler::plan_prefill() {
  PrefillPlan plan;
  for (Sequence* s : running_) {
    if (plan.rows >= limits_.token_budget) break;
    if (s->position >= s->prompt() || s->finished) continue;
    if (!skip_computed(*s)) continue;
    const int32_t copied = copyable(*s);
    if (copied < 0) continue;
    const int64_t rows = runnable_rows(*s, s->position + copied, limits_.token_budget - plan.rows);
    if (rows <= 0) continue;
    if (s->copy_source != nullptr && s->position == s->shared_pages * kPageTokens) {
      if (copied > 0) {
        PageNode* own = s->path[static_cast<size_t>(s->shared_pages)];
        plan.copies.push_back(s->copy_source->page);
        plan.copies.push_back(own->page);
        own->planned = copied;
        s->position += copied;
      }
      pages_.release(s->copy_source);
      s->copy_source = nullptr;
    }
    plan.chunks.push_back({s, s->position, rows});
    plan.rows += rows;
    for (int64_t at = s->position; at < s->position + rows;) {
      PageNode* node = s->path[static_cast<size_t>(at / kPageTokens)];
      const int64_t end = std::min(s->position + rows, (at / kPageTokens + 1) * kPageTokens);
      node->planned += static_cast<int32_t>(end - at);
      at = end;
    }
  }
  return plan;
}

void Scheduler::prefill_issued(const PrefillPlan& plan) {
  for (const Chunk& chunk : plan.chunks) {
    Sequence& s = *chunk.sequence;
    for (int64_t at = chunk.start; at < chunk.start + chunk.count; at = (at / kPageTokens + 1) * kPageTokens) {
      PageNode* node = s.path[static_cast<size_t>(at / kPageTokens)];
      node->computed += node->planned;
      node->planned = 0;
    }
    s.position = chunk.start + chunk.count;
    s.computed += chunk.count;
    if (s.position == s.prompt()) shared_tokens_ += s.prompt() - s.computed;
  }
}

std::vector<Sequence*> Scheduler::plan_decode() const {
  std::vector<Sequence*> rows;
  for (Sequence* s : running_) {
    if (s->decoding && !s->in_flight && !s->finished) rows.push_back(s);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Sequence* a, const Sequence* b) {
    return std::lexicographical_compare(a->path.begin(), a->path.end(), b->path.begin(), b->path.end(),
                                        [](const PageNode* x, const PageNode* y) { return x->page < y->page; });
  });
  return rows;
}

void Scheduler::remove(Sequence* sequence) {
  std::erase(waiting_, sequence);
  std::erase(running_, sequence);
  if (sequence->copy_source != nullptr) {
    pages_.release(sequence->copy_source);
    sequence->copy_source = nullptr;
  }
  for (PageNode* node : sequence->path) {
    if (node->owner == sequence) node->owner = nullptr;
  }
  release_path(sequence->path);
}

}  // namespace llava
