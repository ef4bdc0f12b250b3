// llava-engine load DIR: what a checkpoint is, how long it takes to load, and how much anonymous memory it costs.

#include <cstdio>

#include "program/asking.h"
#include "program/measurements.h"
#include "program/process_memory.h"
#include "runtime/describe.h"
#include "support/error.h"

namespace llava {

int load_command(const CommandLine& line) {
  if (line.words.size() != 1) throw Error("one folder is expected", "load", "Write: llava-engine load DIR");
  const EngineOptions options = engine_options(line, line.words[0]);
  const int64_t before = process_memory("RssAnon");
  const PeakAnonymous peak;
  const auto start = Clock::now();
  const Engine engine(options);
  const double seconds = seconds_since(start);
  const int64_t anonymous = process_memory("RssAnon") - before;
  const ModelConfig& config = engine.config();
  const int64_t weights = weight_bytes(config);
  if (line.json) {
    std::printf("%s\n", Json::object_of({{"model", describe_model(config, engine.plan().devices, true)},
                                         {"seconds", Json::of(seconds)},
                                         {"weightBytes", Json::of(weights)},
                                         {"anonymousBytes", Json::of(anonymous)},
                                         {"peakAnonymousBytes", Json::of(peak.bytes())},
                                         {"peakBytes", Json::of(process_memory("VmHWM"))}})
                            .dump()
                            .c_str());
    return 0;
  }
  std::printf("%s: %s decoder, %lld parameters, %s\n", line.words[0].c_str(), config.text.type.c_str(),
              static_cast<long long>(count_parameters(config).total()), name_of(config.work));
  std::printf(
      "  loaded in %.2f s; weights %.1f MB, anonymous memory %.1f MB (at most %.1f MB), context %lld, KV pages %lld\n",
      seconds, static_cast<double>(weights) / 1e6, static_cast<double>(anonymous) / 1e6,
      static_cast<double>(peak.bytes()) / 1e6, static_cast<long long>(engine.plan().context),
      static_cast<long long>(engine.plan().pages));
  return 0;
}

}  // namespace llava
