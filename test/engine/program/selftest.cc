// llava-engine selftest [SUITE...] [--every N]: every op of a device against the oracle, and the promise of equal bits;
// of many checks that are alike every Nth.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "kernels/backends.h"
#include "kernels/cpu/features.h"
#include "ops/fixture.h"
#include "program/commands.h"
#include "support/error.h"
#include "support/json.h"

namespace llava {

namespace {

struct Suite {
  std::string name;
  test::Outcome outcome;
  double seconds = 0.0;
};

template <typename Run>
Suite timed(const std::string& name, Run run) {
  const auto start = std::chrono::steady_clock::now();
  Suite suite{name, run(), 0.0};
  suite.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return suite;
}

}  // namespace

int selftest_command(const CommandLine& line) {
  const std::string device = line.option("device", "cpu");
  const int64_t every = std::max<int64_t>(line.integer("every", 1), 1);
  std::ostringstream log;
  std::vector<Suite> suites;
  const std::vector<std::string>& wanted_suites = line.words.empty() ? test::suite_names() : line.words;
  for (const std::string& name : wanted_suites) {
    if (std::ranges::find(test::suite_names(), name) != test::suite_names().end()) continue;
    std::string known;
    for (const std::string& one : test::suite_names()) known += (known.empty() ? "" : ", ") + one;
    throw Error("'" + name + "' is no suite", "selftest", "Write any of " + known + ", or none for all.");
  }
  if (device == "cpu") {
    // Each instruction set of this machine, or the one that was asked for.
    const std::string wanted = line.option("instructions", "");
    for (const std::string& set : wanted.empty() ? cpu::usable_instruction_sets() : std::vector<std::string>{wanted}) {
      suites.push_back(timed("cpu " + set, [&] {
        const auto two = open_device("cpu", {2, set, ""});
        const auto five = open_device("cpu", {5, set, ""});
        test::Outcome outcome = test::test_ops(*two, wanted_suites, log, every);
        if (line.words.empty()) {
          const test::Outcome same = test::test_same_bits(*two, *five, log);
          outcome.passed += same.passed;
          outcome.failed += same.failed;
        }
        return outcome;
      }));
    }
  } else {
    for (const std::string& name : wanted_suites) {
      suites.push_back(
          timed(device + " " + name, [&] { return test::test_ops(*open_device(device), {name}, log, every); }));
    }
  }
  int64_t passed = 0;
  int64_t failed = 0;
  for (const Suite& suite : suites) {
    passed += suite.outcome.passed;
    failed += suite.outcome.failed;
    if (!line.json) {
      std::printf("%-22s %6lld passed %4lld failed  %.1f s\n", suite.name.c_str(),
                  static_cast<long long>(suite.outcome.passed), static_cast<long long>(suite.outcome.failed),
                  suite.seconds);
    }
  }
  std::fputs(log.str().c_str(), line.json ? stderr : stdout);
  if (line.json) {
    std::printf(
        "%s\n",
        Json::object_of({{"passed", Json::of(passed)}, {"failed", Json::of(failed)}, {"skipped", Json::of(int64_t{0})}})
            .dump()
            .c_str());
  } else {
    std::printf("%lld passed, %lld failed\n", static_cast<long long>(passed), static_cast<long long>(failed));
  }
  return failed == 0 && passed > 0 ? 0 : 3;
}

}  // namespace llava
