#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace llava {

/// `llava-engine COMMAND words --name value --json`.
struct CommandLine {
  std::string command;
  std::vector<std::string> words;
  std::map<std::string, std::string> options;
  bool json = false;

  std::string option(const std::string& name, const std::string& fallback) const;
  int64_t integer(const std::string& name, int64_t fallback) const;
  /// Positive numbers separated by commas.
  std::vector<int64_t> integers(const std::string& name, const std::string& fallback) const;
};
CommandLine parse_command_line(const std::vector<std::string>& arguments);

using Command = int (*)(const CommandLine&);
const std::vector<std::pair<std::string, Command>>& commands();

int golden_command(const CommandLine& line);
int invariance_command(const CommandLine& line);
int selftest_command(const CommandLine& line);
int bench_command(const CommandLine& line);
int load_command(const CommandLine& line);
int checkpoint_command(const CommandLine& line);
int requests_command(const CommandLine& line);
int ask_command(const CommandLine& line);
int fuzz_command(const CommandLine& line);

}  // namespace llava
