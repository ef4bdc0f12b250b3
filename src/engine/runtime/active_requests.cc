#include "runtime/active_requests.h"

#include <algorithm>

namespace llava {

void ActiveRequests::add(std::unique_ptr<RequestState> state) {
  if (active_.count(state->request.id) > 0) {
    state->handler.failed(
        {FailureCode::request, "request id " + std::to_string(state->request.id) + " is in flight already"});
    return;
  }
  for (const auto& sequence : state->sequences) scheduler_.add(sequence.get());
  active_.emplace(state->request.id, std::move(state));
}

void ActiveRequests::abort(uint64_t id) {
  const auto found = active_.find(id);
  if (found != active_.end()) fail(*found->second, FailureCode::aborted, "the request was aborted");
}

void ActiveRequests::finish(uint64_t id) {
  const auto found = active_.find(id);
  if (found == active_.end() || !found->second->request.continuations.empty()) return;
  found->second->stop_early = true;
  Sequence& sequence = *found->second->sequences[0];
  if (sequence.decoding && sequence.in_flight == 0) end_sequence(sequence, Finish::stop);
}

void ActiveRequests::take(LogitRow& row) {
  Sequence& sequence = *row.sequence;
  RequestState& state = *sequence.request;
  if (state.failed || sequence.finished) return;
  if (row.token < 0) {
    fail(state, FailureCode::nan, "the model's logits are not numbers");
    return;
  }
  if (!row.logits.empty()) state.answer.logits = std::move(row.logits);
  if (state.request.continuations.empty()) {
    take_token(sequence, row);
    return;
  }
  ContinuationScore& score = state.answer.continuations[sequence.continuation];
  score.logprobs.push_back(row.logprob);
  score.sum += static_cast<double>(row.logprob);
  score.greedy = score.greedy && row.best;
  if (score.logprobs.size() == state.request.continuations[sequence.continuation].size())
    end_sequence(sequence, Finish::stop);
}

void ActiveRequests::take_token(Sequence& sequence, LogitRow& row) {
  RequestState& state = *sequence.request;
  const Request& request = state.request;
  if (sequence.generated.empty()) {
    state.first_token = Clock::now();
    state.answer.top_ids = std::move(row.top_ids);
    state.answer.top_logprobs = std::move(row.top_logprobs);
    state.answer.first_of = std::move(row.first_of);
  }
  if (std::find(request.stop_tokens.begin(), request.stop_tokens.end(), row.token) != request.stop_tokens.end()) {
    end_sequence(sequence, Finish::stop);
    return;
  }
  sequence.generated.push_back(row.token);
  if (request.sampling.repetition_penalty != 1.0f &&
      std::find(sequence.seen.begin(), sequence.seen.end(), row.token) == sequence.seen.end()) {
    sequence.seen.push_back(row.token);
  }
  if (state.handler.tokens) state.handler.tokens(std::span(sequence.generated).last(1));
  if (state.stop_early) end_sequence(sequence, Finish::stop);
  else if (static_cast<int64_t>(sequence.generated.size()) >= request.max_new_tokens)
    end_sequence(sequence, Finish::length);
  else sequence.decoding = true;
}

void ActiveRequests::end_sequence(Sequence& sequence, Finish finish) {
  RequestState& state = *sequence.request;
  sequence.finished = true;
  scheduler_.remove(&sequence);
  if (state.request.continuations.empty()) {
    state.answer.tokens = std::move(sequence.generated);
    state.answer.finish = finish;
  }
  if (--state.unfinished == 0) answer(state);
}

void ActiveRequests::answer(RequestState& state) {
  const Clock::time_point now = Clock::now();
  Answer& answer = state.answer;
  if (!state.request.continuations.empty()) state.first_token = now;
  answer.usage.completion_tokens = static_cast<int64_t>(answer.tokens.size());
  // Rows of the prompt that this request did not compute itself (its continuations count once).
  int64_t computed = 0;
  for (const auto& sequence : state.sequences)
    computed = std::max(computed, std::min(sequence->computed, answer.usage.prompt_tokens));
  answer.usage.cached_tokens = answer.usage.prompt_tokens - computed;
  answer.timing.queue_ms = milliseconds(state.submitted, state.first_row);
  answer.timing.prefill_ms = milliseconds(state.first_row, state.first_token);
  answer.timing.decode_ms = milliseconds(state.first_token, now);
  const auto done = std::move(state.handler.done);
  Answer result = std::move(answer);
  forget(state);
  done(std::move(result));
}

void ActiveRequests::fail_broken_images() {
  std::vector<std::pair<RequestState*, std::string>> broken;
  for (const auto& [id, state] : active_) {
    for (const ImageSpan& span : state->images) {
      if (images_.state(*span.image) != ImageEntry::State::failed) continue;
      broken.emplace_back(state.get(), span.image->error);
      break;
    }
  }
  for (const auto& [state, error] : broken) fail(*state, FailureCode::image, error);
}

void ActiveRequests::fail(RequestState& state, FailureCode code, const std::string& message) {
  state.failed = true;
  for (const auto& sequence : state.sequences) {
    if (!sequence->finished && scheduler_is_sound_) scheduler_.remove(sequence.get());
    sequence->finished = true;
  }
  const auto failed = std::move(state.handler.failed);
  forget(state);
  failed({code, message});
}

void ActiveRequests::fail_all(FailureCode code, const std::string& message) {
  while (!active_.empty()) fail(*active_.begin()->second, code, message);
}

void ActiveRequests::forget(RequestState& state) {
  const auto found = active_.find(state.request.id);
  retired_.push_back(std::move(found->second));
  active_.erase(found);
}

void ActiveRequests::sweep() {
  std::erase_if(retired_, [](const std::unique_ptr<RequestState>& state) {
    return std::all_of(state->sequences.begin(), state->sequences.end(),
                       [](const auto& sequence) { return sequence->in_flight == 0; });
  });
}

}  // namespace llava
