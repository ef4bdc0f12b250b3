// llava-engine: the engine without Node. Golden cases, kernel selftests, benchmarks, loading a checkpoint.

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "program/commands.h"
#include "support/error.h"

namespace {

const char kUsage[] =
    "llava-engine golden DIR... [--device D] [--stages N] [--images DIR] [--longest N] [--instructions I] [--json]\n"
    "llava-engine selftest [SUITE...] [--device D] [--seed N] [--json]\n"
    "llava-engine invariance DIR [--device D] [--dtype float32|bfloat16] [--every N] [--json]\n"
    "llava-engine bench --checkpoint DIR [--device D] [--json] [NAME...]\n"
    "llava-engine load DIR [--device D] [--dtype bfloat16|float16|float32] [--quantisation int8|fp8] [--json]\n"
    "llava-engine checkpoint DIR --model M [--layers N]\n"
    "llava-engine requests DIR --checkpoint DIR [--images N] [--questions 5,5,6] [--width N] [--height N] [--answer N]\n"
    "llava-engine ask DIR --checkpoint DIR [--device D] [--rounds N] [--logits FILE] [--producers N] [--decode-ms N]\n"
    "llava-engine fuzz [--seconds N] [--seed N]\n"
    "  D: cpu (default), reference, cuda, cuda:N; cuda:0,cuda:1 for pipeline stages (not selftest)\n"
    "exit codes: 0 all passed, 1 wrong usage or input, 3 something differed\n";

}  // namespace

int main(int count, char** arguments) {
  llava::CommandLine line;
  try {
    line = llava::parse_command_line(std::vector<std::string>(arguments + 1, arguments + count));
    for (const auto& [name, run] : llava::commands()) {
      if (name == line.command) return run(line);
    }
    std::fputs(kUsage, stderr);
    return line.command.empty() || line.command == "help" ? 0 : 1;
  } catch (const llava::Error& error) {
    std::fprintf(stderr, "error: %s\n  at:  %s\n  fix: %s\n", error.problem().c_str(), error.where().c_str(),
                 error.fix().c_str());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 4;
  }
}
