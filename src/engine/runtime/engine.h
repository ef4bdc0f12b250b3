#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/active_requests.h"
#include "runtime/memory_plan.h"

namespace llava {

/// One loaded model and the thread that runs it. submit, abort, finish and close may be called from any thread.
class Engine {
 public:
  /// Loads the checkpoint. Throws Error (the user's input), OutOfMemory with the memory plan in its message,
  /// DeviceError.
  explicit Engine(const EngineOptions& options, CheckpointWeights::Progress progress = nullptr);
  /// Closes.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Queues a request; exactly one of handler.done and handler.failed will be called, on the engine thread. A malformed
  /// request fails at once, on the calling thread.
  void submit(Request request, Handler handler);
  /// Fails the request with ABORTED soon. Unknown ids are ignored.
  void abort(uint64_t id);
  /// Ends a generation early: what there is becomes its answer, with Finish::stop.
  void finish(uint64_t id);
  /// Fails what is in flight with CLOSED, stops the thread, frees the devices. Idempotent.
  void close();

  const ModelConfig& config() const { return config_; }
  const EnginePlan& plan() const { return plan_; }
  /// Facts that can change bits of answers, by name.
  std::map<std::string, std::string> fingerprint() const { return fingerprint_; }
  Statistics statistics() const;
  /// Requests worth having in flight: while some run, the next are prepared.
  int64_t concurrency() const { return 2 * plan_.most_sequences; }
  /// Visual tokens of the images of one prompt; their pixels are not looked at.
  int64_t image_tokens(std::span<const RequestImage> images) const;
  /// What a request may carry instead of the pixels of image `at` of its `images`; only that one's are looked at. Works
  /// on the calling thread, which may be any. Throws RequestRefused.
  std::vector<uint8_t> tiles(std::span<const RequestImage> images, size_t at) const;

 private:
  std::vector<Reading> readings_of(std::span<const RequestImage> images) const;
  void run();
  void take_incoming();
  void loop();
  bool issue_step();
  bool issue_decode(const std::vector<Sequence*>& rows);
  bool issue_prefill();
  void complete_oldest();

  ModelConfig config_;
  EnginePlan plan_;
  std::map<std::string, std::string> fingerprint_;

  // Engine thread only, in order of destruction last to first.
  std::vector<std::unique_ptr<Ops>> devices_;
  std::unique_ptr<LlavaModel> model_;
  std::vector<KvCache> caches_;
  std::unique_ptr<ImageSlots> slots_;
  std::unique_ptr<PageTree> pages_;
  std::unique_ptr<ImageRegistry> images_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<ActiveRequests> requests_;
  std::unique_ptr<Executor> executor_;
  std::deque<std::unique_ptr<Step>> steps_;
  bool last_was_prefill_ = false;

  mutable std::mutex lock_;
  std::condition_variable wake_;
  std::vector<std::unique_ptr<RequestState>> incoming_;
  std::vector<uint64_t> aborts_;
  std::vector<uint64_t> finishes_;
  bool woken_ = false;
  bool closing_ = false;
  std::string dead_;  // a device failure: every later request fails with it
  Statistics statistics_;
  std::once_flag closed_;
  std::thread thread_;
};

}  // namespace llava
