#include "program/asking.h"

#include <condition_variable>
#include <mutex>

#include "support/error.h"

namespace llava {

EngineOptions engine_options(const CommandLine& line, const std::string& folder) {
  EngineOptions options;
  options.model.path = folder;
  options.model.quantisation = line.option("quantisation", "none");
  const std::string dtype = line.option("dtype", "auto");
  if (dtype == "float32") options.model.dtype = DType::f32;
  else if (dtype == "bfloat16") options.model.dtype = DType::bf16;
  else if (dtype == "float16") options.model.dtype = DType::f16;
  else if (dtype != "auto")
    throw Error("'" + dtype + "' is no dtype", "--dtype", "Write float32, bfloat16 or float16.");
  options.device = line.option("device", "cpu");
  options.threads = static_cast<int32_t>(line.integer("threads", 0));
  options.image_threads = static_cast<int32_t>(line.integer("image-threads", 0));
  options.instructions = line.option("instructions", "");
  options.token_budget = line.integer("budget", 0);
  options.most_sequences = line.integer("sequences", 0);
  options.max_context = line.integer("context", 0);
  options.memory = line.integer("memory", 0) * 1000000000;
  return options;
}

std::vector<Answer> run_all(Engine& engine, std::vector<Request> requests) {
  std::vector<Answer> answers(requests.size());
  std::mutex lock;
  std::condition_variable done;
  size_t left = requests.size();
  std::string problem;
  for (size_t i = 0; i < requests.size(); ++i) {
    Handler handler;
    handler.tokens = [](std::span<const int32_t>) {};
    handler.done = [&, i](Answer answer) {
      const std::lock_guard guard(lock);
      answers[i] = std::move(answer);
      if (--left == 0) done.notify_all();
    };
    handler.failed = [&](const Failure& failure) {
      const std::lock_guard guard(lock);
      problem = std::string(name_of(failure.code)) + ": " + failure.message;
      if (--left == 0) done.notify_all();
    };
    engine.submit(std::move(requests[i]), std::move(handler));
  }
  std::unique_lock guard(lock);
  done.wait(guard, [&] { return left == 0; });
  if (!problem.empty())
    throw Error("a request failed: " + problem, "run", "Give the engine more room (--memory, --context) or report it.");
  return answers;
}

}  // namespace llava
