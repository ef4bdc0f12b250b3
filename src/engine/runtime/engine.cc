#include "runtime/engine.h"

#include <algorithm>
#include <optional>

#include "runtime/prepare.h"
#include "support/error.h"

namespace llava {

namespace {

constexpr size_t kKeepTiles = size_t{64} << 20;  // bytes of tiles that no request uses at the moment

}  // namespace

Engine::Engine(const EngineOptions& options, CheckpointWeights::Progress progress)
    : config_(read_config(options.model)) {
  require_supported(config_);
  devices_ = open_devices(options);
  std::vector<Ops*> devices;
  for (const auto& device : devices_) devices.push_back(device.get());
  plan_ = plan_memory(config_, options, devices);
  require_fits(plan_);
  plan_.sizes.context = plan_.context;
  model_ = std::make_unique<LlavaModel>(config_, devices, plan_.sizes, std::move(progress));
  config_.text.tied = model_->config().text.tied;
  for (size_t i = 0; i < devices.size(); ++i) {
    caches_.emplace_back(*devices[i], config_.text, config_.work, LlavaModel::stage_range(config_, i, devices.size()),
                         plan_.pages + 1);  // one to spare: see Executor::decode
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
  scheduler_ = std::make_unique<Scheduler>(
      *pages_, *images_, *slots_, SchedulerLimits{plan_.token_budget, plan_.most_sequences, options.share_prefixes});
  requests_ = std::make_unique<ActiveRequests>(*scheduler_, *images_);
  executor_ = std::make_unique<Executor>(*model_, caches_, *slots_, (plan_.context + kPageTokens - 1) / kPageTokens,
                                         static_cast<int32_t>(plan_.pages));

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

std::vector<Reading> Engine::readings_of(std::span<const RequestImage> images) const {
  std::vector<int32_t> clips;
  for (const RequestImage& image : images) clips.push_back(image.clip);
  return config_.readings(clips);
}

std::vector<uint8_t> Engine::tiles(std::span<const RequestImage> images, size_t at) const {
  return tiles_of(config_, readings_of(images)[at], images[at]);
}

int64_t Engine::image_tokens(std::span<const RequestImage> images) const {
  const std::vector<Reading> readings = readings_of(images);
  int64_t tokens = 0;
  for (size_t i = 0; i < images.size(); ++i) {
    try {
      tokens += arrange(config_, readings[i], images[i].width, images[i].height).tokens;
    } catch (const Error&) {
      // A shape that no tower takes: submit() says so of the request that has it.
    }
  }
  return tokens;
}

void Engine::submit(Request request, Handler handler) {
  std::unique_ptr<RequestState> state;
  const auto failed = handler.failed;
  try {
    state = prepare_request(config_, plan_.context, *images_, std::move(request), std::move(handler));
  } catch (const RequestRefused& refused) {
    failed({refused.code(), refused.what()});
    return;
  }
  std::optional<Failure> refused;
  {
    const std::lock_guard guard(lock_);
    if (closing_) refused = {FailureCode::closed, "the engine is closed"};
    else if (!dead_.empty()) refused = {FailureCode::device, dead_};
    else incoming_.push_back(std::move(state));
  }
  if (refused) failed(*refused);
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
  const bool came = !incoming.empty();
  for (auto& state : incoming) requests_->add(std::move(state));
  if (images_->take_failure() || came) requests_->fail_broken_images();
  for (const uint64_t id : aborts) requests_->abort(id);
  for (const uint64_t id : finishes) requests_->finish(id);
}

void Engine::run() {
  try {
    loop();
    for (const auto& device : devices_) device->synchronize();
    steps_.clear();
    requests_->fail_all(FailureCode::closed, "the engine was closed");
  } catch (const std::exception& error) {
    requests_->abandon_scheduler();
    {
      const std::lock_guard guard(lock_);
      dead_ = std::string("the engine stopped: ") + error.what();
    }
    steps_.clear();
    requests_->fail_all(FailureCode::device, dead_);
  }
  std::vector<std::unique_ptr<RequestState>> late;
  {
    const std::lock_guard guard(lock_);
    late.swap(incoming_);
  }
  const Failure end =
      dead_.empty() ? Failure{FailureCode::closed, "the engine was closed"} : Failure{FailureCode::device, dead_};
  for (auto& state : late) state->handler.failed(end);
  images_->close();
  requests_.reset();
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
    while (!steps_.empty() &&
           ((!issued && !completed) || steps_.size() == executor_->depth() || executor_->passed(*steps_.front()))) {
      complete_oldest();
      completed = true;
    }
    requests_->sweep();
    const Device::Replays replays = devices_[0]->replays();
    std::unique_lock guard(lock_);
    statistics_.steps_recorded = replays.recorded;
    statistics_.steps_replayed = replays.replayed;
    statistics_.recordings_kept = replays.kept;
    statistics_.busy_ms += issued || completed ? milliseconds(start, Clock::now()) : 0.0;
    statistics_.shared_tokens = scheduler_->shared_tokens();
    statistics_.images_encoded = executor_->images_encoded();
    const auto called = [this] {
      return closing_ || woken_ || !incoming_.empty() || !aborts_.empty() || !finishes_.empty();
    };
    if (closing_) return;
    if (!issued && !completed) wake_.wait(guard, called);  // until somebody calls or an image is ready
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
  for (LogitRow& row : step->logit_rows) requests_->take(row);
}

}  // namespace llava
