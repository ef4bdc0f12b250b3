// llava-engine checkpoint, requests, ask: a model of real size with random weights, questions on images as an
// evaluation asks them, and the engine's answers to them. The first two write what another program can be asked too.

#include <atomic>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <semaphore>
#include <thread>

#include "program/asking.h"
#include "program/measurements.h"
#include "program/process_memory.h"
#include "program/random_checkpoint.h"
#include "program/request_set.h"
#include "support/error.h"
#include "support/json.h"

namespace llava {

namespace {

const std::string& only_folder(const CommandLine& line) {
  if (line.words.size() != 1)
    throw Error("one folder is expected", line.command, "Write: llava-engine " + line.command + " DIR");
  return line.words[0];
}

std::string needed(const CommandLine& line, const std::string& name) {
  const std::string value = line.option(name, "");
  if (value.empty())
    throw Error("--" + name + " is missing", line.command,
                "Write: llava-engine " + line.command + " DIR --" + name + " ...");
  return value;
}

/// Images as a run has them: on some threads of their own, each of which takes `decode_ms` of processor time for an
/// image before its questions are asked, and never more requests in flight than the engine has use for. The time
/// stands for the decoding of a JPEG file, which is not part of this program; it is spent on arithmetic over the
/// pixels.
struct Producers {
  int64_t threads = 0;  // 0: everything is asked at once
  double decode_ms = 0.0;
};

uint32_t work_on(const RequestSet::Image& image, double milliseconds) {
  uint32_t hash = 1;
  const auto start = Clock::now();
  do {
    for (size_t i = 0; i < 4096; ++i) hash = hash * 31 + image.rgb[i * 131 % image.rgb.size()];
  } while (seconds_since(start) * 1e3 < milliseconds);
  return hash;
}

std::vector<Answer> ask_from_threads(Engine& engine, const RequestSet& set, int64_t round,
                                     const std::function<Request(size_t)>& request, const Producers& producers) {
  std::vector<std::vector<size_t>> of_image(set.images.size());
  for (size_t i = 0; i < set.questions.size(); ++i) of_image[set.questions[i].image].push_back(i);
  std::vector<Answer> answers(set.questions.size());
  std::counting_semaphore<> free(engine.concurrency());
  std::counting_semaphore<> ended(0);
  std::atomic<size_t> next = 0;
  std::atomic<int64_t> failures = 0;
  std::atomic<uint32_t> worked = static_cast<uint32_t>(round);
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < producers.threads; ++t) {
    threads.emplace_back([&] {
      for (size_t p = next++; p < set.images.size(); p = next++) {
        worked += work_on(set.images[p], producers.decode_ms);
        for (const size_t i : of_image[p]) {
          free.acquire();
          Handler handler;
          handler.tokens = [](std::span<const int32_t>) {};
          handler.done = [&, i](Answer answer) {
            answers[i] = std::move(answer);
            free.release();
            ended.release();
          };
          handler.failed = [&](const Failure&) {
            ++failures;
            free.release();
            ended.release();
          };
          engine.submit(request(i), std::move(handler));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < answers.size(); ++i) ended.acquire();
  if (failures > 0)
    throw Error(std::to_string(failures) + " requests failed", "ask", "Run without --producers for the reason.");
  return answers;
}

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool same_bits(const Answer& a, const Answer& b) {
  return a.tokens == b.tokens && a.logits.size() == b.logits.size() &&
         std::equal(a.logits.begin(), a.logits.end(), b.logits.begin(),
                    [](float x, float y) { return std::bit_cast<uint32_t>(x) == std::bit_cast<uint32_t>(y); });
}

}  // namespace

int checkpoint_command(const CommandLine& line) {
  const std::string& folder = only_folder(line);
  const auto start = Clock::now();
  const uint64_t bytes = write_random_checkpoint(folder, needed(line, "model"), line.integer("layers", 0));
  std::printf("%s\n", Json::object_of({{"folder", Json::of(folder)},
                                       {"weightBytes", Json::of(static_cast<int64_t>(bytes))},
                                       {"seconds", Json::of(seconds_since(start))}})
                          .dump()
                          .c_str());
  return 0;
}

int requests_command(const CommandLine& line) {
  const std::string& folder = only_folder(line);
  ModelOptions model;
  model.path = needed(line, "checkpoint");
  const ModelConfig config = read_config(model);
  RequestSet set = make_request_set(config, line.integer("images", 12), line.integers("questions", "5,5,6"),
                                    line.integer("width", 640), line.integer("height", 480));
  set.answer_tokens = line.integer("answer", set.answer_tokens);
  write_request_set(folder, set, config);
  std::printf("%s\n", Json::object_of({{"folder", Json::of(folder)},
                                       {"images", Json::of(static_cast<int64_t>(set.images.size()))},
                                       {"questions", Json::of(static_cast<int64_t>(set.questions.size()))}})
                          .dump()
                          .c_str());
  return 0;
}

/// Asks the whole set `--rounds` times (2), after a first image that nothing is counted of (none with --warm 0). With --logits FILE the
/// logits of the first `--logits-of` questions (16), one row each, are written as tensor "logits". --longer N: every
/// answer is N tokens longer than the one before, so that rows leave one by one, as they do with captions.
int ask_command(const CommandLine& line) {
  const RequestSet set = read_request_set(only_folder(line));
  const EngineOptions options = engine_options(line, needed(line, "checkpoint"));
  const std::string logits_file = line.option("logits", "");
  const auto logits_of = logits_file.empty() ? size_t{0} : static_cast<size_t>(line.integer("logits-of", 16));
  const Producers producers{line.integer("producers", 0), static_cast<double>(line.integer("decode-ms", 0))};
  const int64_t longer = line.integer("longer", 0);
  const auto load_start = Clock::now();
  Engine engine(options);
  const double load_seconds = seconds_since(load_start);

  std::vector<Request> warm;
  const bool wanted = line.integer("warm", 1) > 0;
  for (size_t i = 0; wanted && i < set.questions.size() && set.questions[i].image == 0; ++i)
    warm.push_back(set.request(i, 0));
  if (wanted) run_all(engine, std::move(warm));

  std::vector<Json> rounds;
  std::vector<Answer> first;
  bool equal = true;
  for (int64_t round = 1; round <= line.integer("rounds", 2); ++round) {
    const auto request = [&](size_t i) {
      Request r = set.request(i, round);
      r.want_logits = i < logits_of;
      r.max_new_tokens += longer * static_cast<int64_t>(i);
      return r;
    };
    const Statistics before = engine.statistics();
    const double started = unix_seconds();
    const double cpu = cpu_seconds();
    const auto start = Clock::now();
    std::vector<Answer> answers;
    if (producers.threads > 0) {
      answers = ask_from_threads(engine, set, round, request, producers);
    } else {
      std::vector<Request> requests;
      for (size_t i = 0; i < set.questions.size(); ++i) requests.push_back(request(i));
      answers = run_all(engine, std::move(requests));
    }
    const double seconds = seconds_since(start);
    const Statistics after = engine.statistics();
    rounds.push_back(Json::object_of({{"startedAt", Json::of(started)},
                                      {"seconds", Json::of(seconds)},
                                      {"cpuSeconds", Json::of(cpu_seconds() - cpu)},
                                      {"questionsPerSecond", Json::of(static_cast<double>(answers.size()) / seconds)},
                                      {"prefillTokens", Json::of(after.prefill_tokens - before.prefill_tokens)},
                                      {"sharedTokens", Json::of(after.shared_tokens - before.shared_tokens)},
                                      {"decodedTokens", Json::of(after.decoded_tokens - before.decoded_tokens)},
                                      {"imagesEncoded", Json::of(after.images_encoded - before.images_encoded)},
                                      {"decodeSteps", Json::of(after.decode_steps - before.decode_steps)},
                                      {"stepsRecorded", Json::of(after.steps_recorded - before.steps_recorded)},
                                      {"stepsReplayed", Json::of(after.steps_replayed - before.steps_replayed)},
                                      {"recordingsKept", Json::of(after.recordings_kept)}}));
    if (first.empty()) first = std::move(answers);
    else
      for (size_t i = 0; i < first.size(); ++i) equal = equal && same_bits(first[i], answers[i]);
  }
  if (!logits_file.empty()) {
    std::vector<std::vector<float>> rows;
    for (size_t i = 0; i < std::min(logits_of, first.size()); ++i) rows.push_back(first[i].logits);
    write_matrix(logits_file, "logits", rows);
  }
  std::vector<Json> answers;
  for (const Answer& answer : first) {
    std::vector<Json> ids;
    for (const int32_t id : answer.tokens) ids.push_back(Json::of(int64_t{id}));
    answers.push_back(Json::array_of(std::move(ids)));
  }
  // What was said before loading, with the keys and values of what was asked, beside what this process took.
  int64_t said = 0;
  for (const DevicePlan& device : engine.plan().devices) said += device.weights + device.scratch;
  int64_t longest = 0;
  for (const Answer& answer : first)
    longest = std::max(longest, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  said += longest * kv_bytes_per_token(engine.config());
  std::vector<Json::Member> fingerprint;
  for (const auto& [name, value] : engine.fingerprint()) fingerprint.push_back({name, Json::of(value)});
  std::printf("%s\n", Json::object_of({{"device", Json::of(options.device)},
                                       {"quantisation", Json::of(options.model.quantisation)},
                                       {"fingerprint", Json::object_of(std::move(fingerprint))},
                                       {"images", Json::of(static_cast<int64_t>(set.images.size()))},
                                       {"questions", Json::of(static_cast<int64_t>(set.questions.size()))},
                                       {"producers", Json::of(producers.threads)},
                                       {"decodeMs", Json::of(producers.decode_ms)},
                                       {"loadSeconds", Json::of(load_seconds)},
                                       {"longestTokens", Json::of(longest)},
                                       {"saidBytes", Json::of(said)},
                                       {"peakBytes", Json::of(process_memory("VmHWM"))},
                                       {"rounds", Json::array_of(std::move(rounds))},
                                       {"sameBitsInEveryRound", Json::of(equal)},
                                       {"answers", Json::array_of(std::move(answers))}})
                          .dump()
                          .c_str());
  return equal ? 0 : 3;
}

}  // namespace llava
