#include "program/commands.h"

#include <charconv>
#include <cstdio>
#include <sstream>

#include "program/golden.h"
#include "support/error.h"

namespace llava {

std::string CommandLine::option(const std::string& name, const std::string& fallback) const {
  const auto found = options.find(name);
  return found == options.end() ? fallback : found->second;
}

namespace {

int64_t parse_integer(const std::string& text, const std::string& name) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) throw Error("'" + text + "' is no integer", "--" + name, "Write a number.");
  return value;
}

}  // namespace

int64_t CommandLine::integer(const std::string& name, int64_t fallback) const {
  const auto found = options.find(name);
  return found == options.end() ? fallback : parse_integer(found->second, name);
}

std::vector<int64_t> CommandLine::integers(const std::string& name, const std::string& fallback) const {
  std::vector<int64_t> values;
  std::istringstream list(option(name, fallback));
  for (std::string one; std::getline(list, one, ',');) {
    values.push_back(parse_integer(one, name));
    if (values.back() < 1)
      throw Error("'" + one + "' is no count", "--" + name, "Write positive numbers, separated by commas.");
  }
  return values;
}

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--json") {
      line.json = true;
    } else if (word.starts_with("--")) {
      if (i + 1 == arguments.size()) throw Error("no value given", word, "Write a value after it.");
      line.options[word.substr(2)] = arguments[++i];
    } else if (line.command.empty()) {
      line.command = word;
    } else {
      line.words.push_back(word);
    }
  }
  return line;
}

const std::vector<std::pair<std::string, Command>>& commands() {
  static const std::vector<std::pair<std::string, Command>> all = {
      {"golden", golden_command},     {"invariance", invariance_command},
      {"selftest", selftest_command}, {"bench", bench_command},
      {"load", load_command},         {"checkpoint", checkpoint_command},
      {"requests", requests_command}, {"ask", ask_command},
      {"fuzz", fuzz_command},
  };
  return all;
}

int golden_command(const CommandLine& line) {
  if (line.words.empty()) throw Error("no folder given", "golden", "Write: llava-engine golden DIR");
  GoldenOptions options;
  options.device = line.option("device", "cpu");
  const std::string one = options.device;
  for (int64_t i = 1; i < line.integer("stages", 1); ++i) options.device += "," + one;
  options.images_folder = line.option("images", "");
  options.longest = line.integer("longest", 0);
  options.instructions = line.option("instructions", "");
  std::vector<CaseReport> reports;
  for (const std::string& folder : line.words) {
    for (CaseReport& report : run_golden(folder, options)) {
      if (!line.json) std::fputs(report.table().c_str(), stdout);
      reports.push_back(std::move(report));
    }
  }
  int failed = 0;
  std::vector<Json> cases;
  for (const CaseReport& report : reports) {
    failed += report.passed() ? 0 : 1;
    cases.push_back(report.json());
  }
  const int passed = static_cast<int>(reports.size()) - failed;
  if (line.json) {
    const Json json = Json::object_of({{"device", Json::of(options.device)},
                                       {"passed", Json::of(int64_t{passed})},
                                       {"failed", Json::of(int64_t{failed})},
                                       {"cases", Json::array_of(std::move(cases))}});
    std::printf("%s\n", json.dump().c_str());
  } else {
    std::printf("%d passed, %d failed\n", passed, failed);
  }
  return failed == 0 ? 0 : 3;
}

}  // namespace llava
