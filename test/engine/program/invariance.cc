// llava-engine invariance DIR: the same requests asked in many ways; every logit, id and log-probability must be
// bit-equal. --every 4 asks each fourth alone (two questions on one image, several images, a sampled answer, a clip),
// --dtype in one type: for an emulated GPU, where a whole set takes half an hour.

#include <cstdio>
#include <future>

#include "program/asking.h"
#include "program/report.h"
#include "runtime/engine.h"
#include "support/error.h"

namespace llava {

namespace {

struct Way {
  std::string name;
  EngineOptions options;
  bool one_by_one = false;
  bool reversed = false;
};

/// A drawn image: noise would be as good, but gradients show up in a debugger.
struct Drawn {
  int64_t width, height;
  std::vector<uint8_t> rgb;
  std::string digest;
};

Drawn draw(int64_t width, int64_t height, int64_t seed) {
  Drawn d{width, height, {}, "drawn " + std::to_string(seed)};
  for (int64_t i = 0; i < width * height * 3; ++i)
    d.rgb.push_back(static_cast<uint8_t>(i * (7 + seed) + (i / (3 * width)) * 13 + ((i * i) >> 7)));
  return d;
}

/// Ids that depend on `seed` alone, away from the lowest ones.
std::vector<int32_t> ids(int64_t seed, int64_t count, int64_t vocabulary) {
  std::vector<int32_t> out;
  uint64_t x = static_cast<uint64_t>(seed) * 0x9e3779b97f4a7c15ull + 1;
  for (int64_t i = 0; i < count; ++i) {
    x = x * 6364136223846793005ull + 1442695040888963407ull;
    out.push_back(static_cast<int32_t>(3 + (x >> 33) % static_cast<uint64_t>(std::max<int64_t>(vocabulary - 8, 1))));
  }
  return out;
}

class Asker {
 public:
  Asker(const ModelConfig& config, int64_t every) : vocabulary_(config.logit_rows) {
    images_ = {draw(150, 47, 1), draw(61, 203, 2), draw(90, 90, 3)};
    const std::vector<int32_t> system = ids(1, 20, vocabulary_);
    const auto request = [&](std::initializer_list<size_t> images, int64_t seed, int64_t length) {
      Request r;
      r.id = requests_.size();
      r.tokens = system;
      for (const size_t p : images) {
        r.tokens.push_back(kImageSlot);
        r.images.push_back({images_[p].width, images_[p].height, images_[p].rgb.data(), images_[p].digest});
      }
      const std::vector<int32_t> question = ids(seed, length, vocabulary_);
      r.tokens.insert(r.tokens.end(), question.begin(), question.end());
      r.want_logits = true;
      r.max_new_tokens = 6 + seed % 5;
      requests_.push_back(r);
      return requests_.size() - 1;
    };
    for (int64_t q = 0; q < 5; ++q) {  // five questions about one image
      Request& r = requests_[request({0}, 10 + q, 3 + 4 * q)];
      r.prefix = "first";
      r.remaining = 4 - q;
    }
    for (int64_t q = 0; q < 3; ++q) {
      Request& r = requests_[request({1}, 20 + q, 9)];
      r.prefix = "second";
      r.remaining = 2 - q;
    }
    request({0, 2}, 30, 7);  // the first image again, with another behind it
    request({}, 40, 70);     // text only
    request({}, 41, 1);
    request({2, 2}, 42, 2);  // the same image twice
    Request& sampled = requests_[request({1}, 50, 12)];
    sampled.sampling.temperature = 0.8f;
    sampled.sampling.top_p = 0.9f;
    sampled.sampling.seed = 7;
    Request& punished = requests_[request({1}, 51, 12)];
    punished.sampling.repetition_penalty = 1.3f;
    Request& scored = requests_[request({0}, 60, 8)];
    scored.continuations = {ids(61, 1, vocabulary_), ids(62, 4, vocabulary_), ids(63, 9, vocabulary_),
                            ids(62, 5, vocabulary_)};
    if (config.clip.refusal.empty()) {
      for (const size_t i : {request({2, 1, 0}, 70, 6), request({1, 2}, 71, 6)})
        requests_[i].images[0].clip = requests_[i].images[1].clip = 0;  // two frames, and once an image behind them
    }
    std::vector<Request> all = std::move(requests_);
    requests_.clear();
    for (size_t i = 0; i < all.size(); i += static_cast<size_t>(every)) requests_.push_back(std::move(all[i]));
  }

  std::vector<Answer> ask(const Way& way) const {
    Engine engine(way.options);
    std::vector<std::promise<Answer>> promises(requests_.size());
    std::vector<Answer> answers(requests_.size());
    for (size_t n = 0; n < requests_.size(); ++n) {
      const size_t i = way.reversed ? requests_.size() - 1 - n : n;
      engine.submit(requests_[i], {nullptr, [&promises, i](Answer a) { promises[i].set_value(std::move(a)); },
                                   [&promises, i](Failure f) {
                                     promises[i].set_exception(std::make_exception_ptr(
                                         std::runtime_error(std::string(name_of(f.code)) + ": " + f.message)));
                                   }});
      if (way.one_by_one) answers[i] = promises[i].get_future().get();
    }
    if (!way.one_by_one) {
      for (size_t i = 0; i < requests_.size(); ++i) answers[i] = promises[i].get_future().get();
    }
    shared_ = engine.statistics().shared_tokens;
    return answers;
  }
  int64_t shared() const { return shared_; }
  size_t count() const { return requests_.size(); }

 private:
  int64_t vocabulary_;
  std::vector<Drawn> images_;
  std::vector<Request> requests_;
  mutable int64_t shared_ = 0;
};

bool same_bits(const Answer& a, const Answer& b) {
  const auto equal = [](const std::vector<float>& x, const std::vector<float>& y) {
    return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0);
  };
  if (a.tokens != b.tokens || !equal(a.logits, b.logits) || a.continuations.size() != b.continuations.size())
    return false;
  for (size_t i = 0; i < a.continuations.size(); ++i) {
    if (!equal(a.continuations[i].logprobs, b.continuations[i].logprobs) ||
        a.continuations[i].greedy != b.continuations[i].greedy)
      return false;
  }
  return true;
}

CaseReport compare_ways(const std::string& folder, const std::string& device, DType dtype, int64_t every) {
  CaseReport report(std::string(name_of(dtype)) + " on " + device);
  EngineOptions base;
  base.model.path = folder;
  base.model.dtype = dtype;
  base.device = device;
  base.max_context = 1024;
  base.token_budget = 512;
  base.most_sequences = 16;
  EngineOptions unshared = base;
  unshared.share_prefixes = false;
  const Asker asker(read_config(base.model), every);
  const std::vector<Answer> alone = asker.ask({"alone", unshared, true, false});

  std::vector<Way> ways = {{"alone, again", unshared, true, false},
                           {"alone, prefixes shared", base, true, false},
                           {"together", base, false, false},
                           {"together, reversed", base, false, true},
                           {"together, not shared", unshared, false, false}};
  Way small = {"chunks of 48 rows", base, false, false};
  small.options.token_budget = 48;
  ways.push_back(small);
  Way few = {"three at a time", base, false, true};
  few.options.most_sequences = 3;
  ways.push_back(few);
  if (device == "cpu") {
    Way one = {"one thread", base, false, false};
    one.options.threads = 1;
    Way three = {"three threads", base, false, false};
    three.options.threads = 3;
    ways.push_back(one);
    ways.push_back(three);
  }
  const size_t comma = device.find(',');
  Way stages = {comma == std::string::npos ? "two pipeline stages" : "one device", base, false, false};
  stages.options.device = comma == std::string::npos ? device + "," + device : device.substr(0, comma);
  ways.push_back(stages);
  for (const Way& way : ways) {
    try {
      const std::vector<Answer> answers = asker.ask(way);
      for (size_t i = 0; i < answers.size(); ++i)
        report.equal(way.name, "request " + std::to_string(i), same_bits(alone[i], answers[i]));
      // A test that shares nothing would prove nothing about sharing.
      if (way.name == "alone, prefixes shared") report.equal("prefixes were shared", "statistics", asker.shared() > 0);
    } catch (const std::exception& error) {
      report.broken(way.name, error.what());
    }
  }
  return report;
}

}  // namespace

int invariance_command(const CommandLine& line) {
  if (line.words.empty()) throw Error("no checkpoint given", "invariance", "Write: llava-engine invariance DIR");
  const std::string device = line.option("device", "cpu");
  int64_t failed = 0;
  int64_t passed = 0;
  std::vector<Json> cases;
  const int64_t every = std::max<int64_t>(line.integer("every", 1), 1);
  std::vector<DType> types = {DType::f32, DType::bf16};
  if (const auto only = engine_options(line, "").model.dtype) types = {*only};
  for (const std::string& folder : line.words) {
    for (const DType dtype : types) {
      const CaseReport report = compare_ways(folder, device, dtype, every);
      ++(report.passed() ? passed : failed);
      if (!line.json) std::fputs((folder + ", " + report.table()).c_str(), stdout);
      cases.push_back(report.json());
    }
  }
  if (line.json)
    std::printf("%s\n", Json::object_of({{"passed", Json::of(passed)},
                                         {"failed", Json::of(failed)},
                                         {"cases", Json::array_of(std::move(cases))}})
                            .dump()
                            .c_str());
  else std::printf("%lld passed, %lld failed\n", static_cast<long long>(passed), static_cast<long long>(failed));
  return failed == 0 ? 0 : 3;
}

}  // namespace llava
