#include "engine/engine.h"

#include <algorithm>

#include "support/error.h"

namespace llava {

namespace {

constexpr size_t kKeepTiles = size_t{64} << 20;

double milliseconds(Clock::time_point from, Clock::time_point to) { return std::chrono::duration<double, std::milli>(to - from).count(); }

std::string gib(int64_t bytes) {
  const int64_t hundredths = bytes * 100 / (int64_t{1} << 30);
  const std::string fraction = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (fraction.size() == 1 ? "0" : "") + fraction + " GiB";
}

std::string plan_text(const EnginePlan& plan) {
  std::string text;
  for (const DevicePlan& device : plan.devices) {
    text += (text.empty() ? "" : "; ") + device.device + ": weights " + gib(device.weights) + ", scratch " + gib(device.scratch) + ", usable " + gib(device.free) +
            ", KV cache for " + std::to_string(device.kv_tokens) + " tokens";
  }
  return text;
}

}  // namespace

Engine::Engine(const EngineOptions& options, CheckpointWeights::Progress progress) : config_(read_config(options.model)) {
  require_supported(config_);
  devices_ = open_devices(options);
  std::vector<Ops*> devices;
  for (const auto& device : devices_) devices.push_back(device.get());
  plan_ = plan_memory(config_, options, devices);
  for (const DevicePlan& device : plan_.devices) {
    if (!device.fits) {
      throw OutOfMemory("the model does not fit " + device.device + ": " + plan_text(plan_) +
                            ". Use more devices (--device cuda:0,cuda:1), weight compression, or a smaller --max-context.",
                        static_cast<size_t>(device.weights + device.scratch), static_cast<size_t>(device.free));
    }
  }
  plan_.sizes.context = plan_.context;
  model_ = std::make_unique<LlavaModel>(config_, devices, plan_.sizes, std::move(progress));
  for (size_t i = 0; i < devices.size(); ++i) {
    caches_.emplace_back(*devices[i], config_.text, config_.work, LlavaModel::stage_range(config_, i, devices.size()), plan_.pages);
  }
  slots_ = std::make_unique<ImageSlots>(*model_, plan_.image_slots);
  pages_ = std::make_unique<PageTree>(static_cast<int32_t>(plan_.pages));
  const auto hardware = static_cast<int32_t>(std::max(1u, std::thread::hardware_concurrency()));
  const int32_t image_threads = options.image_threads > 0 ? options.image_threads : std::clamp(hardware / 4, 1, 8);
  images_ = std::make_unique<ImageRegistry>(config_, image_threads, kKeepTiles, [this] {
    {
      const std::lock_guard guard(lock_);
      woken_ = true;
    }
    wake_.notify_one();
  });
  scheduler_ = std::make_unique<Scheduler>(*pages_, *images_, *slots_, SchedulerLimits{plan_.token_budget, plan_.most_sequences, options.share_prefixes});
  executor_ = std::make_unique<Executor>(*model_, caches_, *slots_, (plan_.context + kPageTokens - 1) / kPageTokens);

  fingerprint_["device"] = devices[0]->info().fingerprint;
  fingerprint_["devices"] = std::to_string(devices.size());
  fingerprint_["dtype"] = name_of(config_.work);
  fingerprint_["quantisation"] = config_.quantisation;
  fingerprint_["gridOrder"] = config_.image.grid_order == GridOrder::wh ? "wh" : "hw";
  fingerprint_["unpadRounding"] = config_.image.unpad_rounding == UnpadRounding::trunc ? "trunc" : "round7";
  fingerprint_["logitRows"] = std::to_string(config_.logit_rows);
  thread_ = std::thread([this] { run(); });
}

Engine::~Engine() { close(); }

void Engine::close() {
  std::call_once(closed_, [this] {
    {
      const std::lock_guard guard(lock_);
      closing_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  });
}

Statistics Engine::statistics() const {
  const std::lock_guard guard(lock_);
  return statistics_;
}

std::unique_ptr<RequestState> Engine::prepare(Request request, Handler handler) {
  const auto bad = [](const std::string& problem) { throw Error(problem, "request", "This is a defect of the caller."); };
  if (request.tokens.empty()) bad("the prompt is empty");
  auto state = std::make_unique<RequestState>();
  size_t image = 0;
  for (const int32_t token : request.tokens) {
    if (token == kImageSlot) {
      if (image == request.images.size()) bad("the prompt has more image slots than images");
      ImageSpan span;
      span.start = static_cast<int64_t>(state->merged.size());
      span.image = images_->acquire(request.images[image++]);
      span.count = span.image->arrangement.tokens;
      state->merged.insert(state->merged.end(), static_cast<size_t>(span.count), -1 - span.image->id);
      state->image_tokens += span.count;
      state->images.push_back(std::move(span));
    } else if (token < 0 || token >= config_.text.vocabulary) {
      bad("token id " + std::to_string(token) + " is outside the vocabulary of " + std::to_string(config_.text.vocabulary));
    } else {
      state->merged.push_back(token);
    }
  }
  if (image != request.images.size()) bad("the prompt has fewer image slots than images");
  const auto in_logits = [&](int32_t id) { return id >= 0 && id < config_.logit_rows; };
  for (const int32_t id : request.first_of) {
    if (!in_logits(id)) bad("firstTokenOf holds an id outside the vocabulary");
  }
  if (request.first_top < 0 || request.first_top > 64 || request.first_top > config_.logit_rows) bad("firstTokenTop must be 0 to 64");
  for (const auto& continuation : request.continuations) {
    if (continuation.empty()) bad("a continuation is empty");
    for (const int32_t id : continuation) {
      if (!in_logits(id)) bad("a continuation holds an id outside the vocabulary");
    }
  }
  if (request.continuations.empty() && request.max_new_tokens < 1) bad("maxNewTokens must be at least 1");
  const Sampling& sampling = request.sampling;
  if (!(sampling.temperature >= 0.0f && sampling.temperature < 1e6f) || !(sampling.top_p > 0.0f && sampling.top_p <= 1.0f) || sampling.top_k < 0 ||
      !(sampling.repetition_penalty > 0.0f && sampling.repetition_penalty < 1e6f)) {
    bad("a sampling option is out of range");
  }

  const auto prompt = static_cast<int64_t>(state->merged.size());
  const auto sequence = [&](size_t index, std::span<const int32_t> extra, int64_t positions) {
    auto s = std::make_unique<Sequence>();
    s->request = state.get();
    s->continuation = index;
    s->ids = state->merged;
    s->ids.insert(s->ids.end(), extra.begin(), extra.end());
    s->images = state->images;
    s->first_wanted = prompt - 1;
    s->most_positions = positions;
    state->sequences.push_back(std::move(s));
  };
  int64_t longest = prompt + 1;
  for (const auto& continuation : request.continuations) longest = std::max(longest, prompt + static_cast<int64_t>(continuation.size()));
  const int64_t limit = config_.prompt_limit > 0 ? std::min(config_.prompt_limit + 1, plan_.context) : plan_.context;
  if (longest > plan_.context || prompt + 1 > limit) {
    throw Error("the prompt has " + std::to_string(prompt) + " positions (" + std::to_string(state->image_tokens) + " of them visual), the context holds " +
                    std::to_string(std::min(limit, plan_.context)),
                "context", "Use a shorter prompt or fewer images.");
  }
  if (request.continuations.empty()) {
    request.max_new_tokens = std::min(request.max_new_tokens, plan_.context - prompt);
    sequence(0, {}, prompt + request.max_new_tokens - 1);
    if (sampling.penalize_prompt && sampling.repetition_penalty != 1.0f) {
      std::vector<int32_t>& seen = state->sequences[0]->seen;
      for (const int32_t id : state->merged) {
        const auto counted = id >= 0 ? int64_t{id} : config_.image_token;
        if (counted >= 0 && counted < config_.logit_rows) seen.push_back(static_cast<int32_t>(counted));
      }
      std::sort(seen.begin(), seen.end());
      seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    }
  }
  for (size_t i = 0; i < request.continuations.size(); ++i) {
    const std::vector<int32_t>& ids = request.continuations[i];
    sequence(i, std::span(ids).first(ids.size() - 1), prompt + static_cast<int64_t>(ids.size()) - 1);
    state->answer.continuations.emplace_back();
  }
  state->unfinished = state->sequences.size();
  state->answer.usage.prompt_tokens = prompt;
  state->answer.usage.image_tokens = state->image_tokens;
  state->request = std::move(request);
  for (RequestImage& picture : state->request.images) picture.rgb = nullptr;  // borrowed during this call only
  state->handler = std::move(handler);
  state->submitted = Clock::now();
  return state;
}

void Engine::submit(Request request, Handler handler) {
  std::unique_ptr<RequestState> state;
  const auto failed = handler.failed;
  try {
    state = prepare(std::move(request), std::move(handler));
  } catch (const Error& error) {
    const std::string code = error.where() == "context" ? "CONTEXT" : (error.where().starts_with("image") ? "IMAGE" : "REQUEST");
    failed({code, error.where() == "request" ? error.problem() : error.problem() + ". " + error.fix()});
    return;
  }
  std::string refused;
  {
    const std::lock_guard guard(lock_);
    if (closing_) refused = "CLOSED";
    else if (!dead_.empty()) refused = "DEVICE";
    else incoming_.push_back(std::move(state));
  }
  if (!refused.empty()) failed({refused, refused == "CLOSED" ? "the engine is closed" : dead_});
  else wake_.notify_one();
}

void Engine::abort(uint64_t id) {
  {
    const std::lock_guard guard(lock_);
    aborts_.push_back(id);
  }
  wake_.notify_one();
}

void Engine::finish(uint64_t id) {
  {
    const std::lock_guard guard(lock_);
    finishes_.push_back(id);
  }
  wake_.notify_one();
}

void Engine::take_incoming() {
  std::vector<std::unique_ptr<RequestState>> incoming;
  std::vector<uint64_t> aborts;
  std::vector<uint64_t> finishes;
  {
    const std::lock_guard guard(lock_);
    incoming.swap(incoming_);
    aborts.swap(aborts_);
    finishes.swap(finishes_);
    woken_ = false;
    statistics_.requests += static_cast<int64_t>(incoming.size());
    for (const auto& state : incoming) statistics_.images += static_cast<int64_t>(state->images.size());
  }
  for (auto& state : incoming) {
    if (active_.count(state->request.id) > 0) {
      state->handler.failed({"REQUEST", "request id " + std::to_string(state->request.id) + " is in flight already"});
      continue;
    }
    for (const auto& sequence : state->sequences) scheduler_->add(sequence.get());
    active_.emplace(state->request.id, std::move(state));
  }
  if (images_->take_failure() || !incoming.empty()) fail_broken_pictures();
  for (const uint64_t id : aborts) {
    const auto found = active_.find(id);
    if (found != active_.end()) fail(*found->second, "ABORTED", "the request was aborted");
  }
  for (const uint64_t id : finishes) {
    const auto found = active_.find(id);
    if (found == active_.end() || !found->second->request.continuations.empty()) continue;
    found->second->stop_early = true;
    Sequence& sequence = *found->second->sequences[0];
    if (sequence.decoding && sequence.in_flight == 0) end_sequence(sequence, Finish::stop);
  }
}

void Engine::fail_broken_pictures() {
  std::vector<std::pair<RequestState*, std::string>> broken;
  for (const auto& [id, state] : active_) {
    for (const ImageSpan& span : state->images) {
      if (images_->state(*span.image) != ImageEntry::State::failed) continue;
      broken.emplace_back(state.get(), span.image->error);
      break;
    }
  }
  for (const auto& [state, error] : broken) fail(*state, "IMAGE", error);
}

void Engine::run() {
  try {
    loop();
    for (const auto& device : devices_) device->synchronize();
    steps_.clear();
    fail_all("CLOSED", "the engine was closed");
  } catch (const std::exception& error) {
    broken_ = true;
    {
      const std::lock_guard guard(lock_);
      dead_ = std::string("the engine stopped: ") + error.what();
    }
    steps_.clear();
    fail_all("DEVICE", dead_);
  }
  std::vector<std::unique_ptr<RequestState>> late;
  {
    const std::lock_guard guard(lock_);
    late.swap(incoming_);
  }
  for (auto& state : late) state->handler.failed({dead_.empty() ? "CLOSED" : "DEVICE", dead_.empty() ? "the engine was closed" : dead_});
  images_->close();
  retired_.clear();
  executor_.reset();
  scheduler_.reset();
  pages_.reset();
  slots_.reset();
  caches_.clear();
  model_.reset();
  devices_.clear();
}

void Engine::loop() {
  for (;;) {
    const Clock::time_point start = Clock::now();
    take_incoming();
    scheduler_->admit();
    const bool issued = steps_.size() < executor_->depth() && issue_step();
    bool completed = false;
    while (!steps_.empty() && ((!issued && !completed) || steps_.size() == executor_->depth() || executor_->passed(*steps_.front()))) {
      complete_oldest();
      completed = true;
    }
    sweep();
    std::unique_lock guard(lock_);
    statistics_.busy_ms += issued || completed ? milliseconds(start, Clock::now()) : 0.0;
    statistics_.shared_tokens = scheduler_->shared_tokens();
    statistics_.images_encoded = executor_->images_encoded();
    const auto called = [this] { return closing_ || woken_ || !incoming_.empty() || !aborts_.empty() || !finishes_.empty(); };
    if (closing_) return;
    if (!issued && !completed) wake_.wait(guard, called);  // until somebody calls or a picture is ready
  }
}

bool Engine::issue_step() {
  // Prefill and decode steps take turns, so that answers leave while prompts come in.
  const std::vector<Sequence*> rows = scheduler_->plan_decode();
  const bool decode_queued = std::any_of(steps_.begin(), steps_.end(), [](const auto& step) { return step->decode; });
  const bool can_decode = !rows.empty() && !decode_queued;
  if (can_decode && last_was_prefill_) return issue_decode(rows);
  if (issue_prefill()) return true;
  return can_decode && issue_decode(rows);
}

bool Engine::issue_decode(const std::vector<Sequence*>& rows) {
  last_was_prefill_ = false;
  steps_.push_back(executor_->decode(rows));
  const std::lock_guard guard(lock_);
  ++statistics_.decode_steps;
  statistics_.decoded_tokens += static_cast<int64_t>(rows.size());
  return true;
}

bool Engine::issue_prefill() {
  const PrefillPlan plan = scheduler_->plan_prefill();
  if (plan.rows == 0) {
    slots_->unpin();
    return false;
  }
  last_was_prefill_ = true;
  const Clock::time_point now = Clock::now();
  for (const Chunk& chunk : plan.chunks) {
    RequestState& state = *chunk.sequence->request;
    if (!state.started) state.first_row = now;
    state.started = true;
  }
  steps_.push_back(executor_->prefill(plan));
  scheduler_->prefill_issued(plan);
  const std::lock_guard guard(lock_);
  ++statistics_.prefill_steps;
  statistics_.prefill_tokens += plan.rows;
  return true;
}

void Engine::complete_oldest() {
  const std::unique_ptr<Step> step = std::move(steps_.front());
  steps_.pop_front();
  executor_->complete(*step);
  for (LogitRow& row : step->logit_rows) digest(row);
}

void Engine::digest(LogitRow& row) {
  Sequence& sequence = *row.sequence;
  RequestState& state = *sequence.request;
  if (state.failed || sequence.finished) return;
  if (row.token < 0) {
    fail(state, "NAN", "the model's logits are not numbers");
    return;
  }
  if (!row.logits.empty()) state.answer.logits = std::move(row.logits);
  if (state.request.continuations.empty()) {
    digest_token(sequence, row);
    return;
  }
  ContinuationScore& score = state.answer.continuations[sequence.continuation];
  score.logprobs.push_back(row.logprob);
  score.sum += static_cast<double>(row.logprob);
  score.greedy = score.greedy && row.best;
  if (score.logprobs.size() == state.request.continuations[sequence.continuation].size()) end_sequence(sequence, Finish::stop);
}

void Engine::digest_token(Sequence& sequence, LogitRow& row) {
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
  if (request.sampling.repetition_penalty != 1.0f && std::find(sequence.seen.begin(), sequence.seen.end(), row.token) == sequence.seen.end()) {
    sequence.seen.push_back(row.token);
  }
  if (state.handler.tokens) state.handler.tokens(std::span(sequence.generated).last(1));
  if (state.stop_early) end_sequence(sequence, Finish::stop);
  else if (static_cast<int64_t>(sequence.generated.size()) >= request.max_new_tokens) end_sequence(sequence, Finish::length);
  else sequence.decoding = true;
}

void Engine::end_sequence(Sequence& sequence, Finish finish) {
  RequestState& state = *sequence.request;
  sequence.finished = true;
  scheduler_->remove(&sequence);
  if (state.request.continuations.empty()) {
    state.answer.tokens = std::move(sequence.generated);
    state.answer.finish = finish;
  }
  if (--state.unfinished == 0) answer(state);
}

void Engine::answer(RequestState& state) {
  const Clock::time_point now = Clock::now();
  Answer& answer = state.answer;
  if (!state.request.continuations.empty()) state.first_token = now;
  answer.usage.completion_tokens = static_cast<int64_t>(answer.tokens.size());
  // Rows of the prompt that this request did not compute itself (its continuations count once).
  int64_t computed = 0;
  for (const auto& sequence : state.sequences) computed = std::max(computed, std::min(sequence->computed, answer.usage.prompt_tokens));
  answer.usage.cached_tokens = answer.usage.prompt_tokens - computed;
  answer.timing.queue_ms = milliseconds(state.submitted, state.first_row);
  answer.timing.prefill_ms = milliseconds(state.first_row, state.first_token);
  answer.timing.decode_ms = milliseconds(state.first_token, now);
  const auto done = std::move(state.handler.done);
  Answer result = std::move(answer);
  forget(state);
  done(std::move(result));
}

void Engine::fail(RequestState& state, const std::string& code, const std::string& message) {
  state.failed = true;
  for (const auto& sequence : state.sequences) {
    if (!sequence->finished && !broken_) scheduler_->remove(sequence.get());
    sequence->finished = true;
  }
  const auto failed = std::move(state.handler.failed);
  forget(state);
  failed({code, message});
}

void Engine::fail_all(const std::string& code, const std::string& message) {
  while (!active_.empty()) fail(*active_.begin()->second, code, message);
}

void Engine::forget(RequestState& state) {
  const auto found = active_.find(state.request.id);
  retired_.push_back(std::move(found->second));
  active_.erase(found);
}

void Engine::sweep() {
  std::erase_if(retired_, [](const std::unique_ptr<RequestState>& state) {
    return std::all_of(state->sequences.begin(), state->sequences.end(), [](const auto& sequence) { return sequence->in_flight == 0; });
  });
}

}  // namespace llava
