// llava-engine load DIR: what a checkpoint is, how long it takes to load, and how much anonymous memory it costs.

#include <chrono>
#include <cstdio>
#include <fstream>

#include "engine/describe.h"
#include "engine/engine.h"
#include "support/error.h"
#include "test/commands.h"

namespace llava {

namespace {

/// A field of /proc/self/status in bytes; 0 where there is none.
int64_t process_memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(field + ":")) return std::stoll(line.substr(field.size() + 1)) * 1024;
  }
  return 0;
}

}  // namespace

int load_command(const CommandLine& line) {
  if (line.words.size() != 1) throw Error("one folder is expected", "load", "Write: llava-engine load DIR");
  EngineOptions options;
  options.model.path = line.words[0];
  options.device = line.option("device", "cpu");
  options.model.quantisation = line.option("quantisation", "none");
  const std::string dtype = line.option("dtype", "auto");
  if (dtype == "float32") options.model.dtype = DType::f32;
  else if (dtype == "bfloat16") options.model.dtype = DType::bf16;
  else if (dtype == "float16") options.model.dtype = DType::f16;
  else if (dtype != "auto") throw Error("'" + dtype + "' is no dtype", "--dtype", "Write float32, bfloat16 or float16.");

  const int64_t before = process_memory("RssAnon");
  const auto start = std::chrono::steady_clock::now();
  const Engine engine(options);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const int64_t anonymous = process_memory("RssAnon") - before;
  const ModelConfig& config = engine.config();
  const int64_t weights = weight_bytes(config);
  if (line.json) {
    std::printf("%s\n", Json::object_of({{"model", describe_model(config, engine.plan().devices, true)},
                                         {"seconds", Json::of(seconds)},
                                         {"weightBytes", Json::of(weights)},
                                         {"anonymousBytes", Json::of(anonymous)},
                                         {"peakBytes", Json::of(process_memory("VmHWM"))}})
                            .dump()
                            .c_str());
    return 0;
  }
  std::printf("%s: %s decoder, %lld parameters, %s\n", line.words[0].c_str(), config.text.type.c_str(), static_cast<long long>(count_parameters(config).total()),
              name_of(config.work));
  std::printf("  loaded in %.2f s; weights %.1f MB, anonymous memory %.1f MB, context %lld, KV pages %lld\n", seconds, static_cast<double>(weights) / 1e6,
              static_cast<double>(anonymous) / 1e6, static_cast<long long>(engine.plan().context), static_cast<long long>(engine.plan().pages));
  return 0;
}

}  // namespace llava
