#pragma once

#include <vector>

#include "program/commands.h"
#include "runtime/engine.h"

namespace llava {

/// --device, --dtype, --quantisation, --threads, --image-threads, --instructions, --budget (rows of a prefill step),
/// --sequences, --context,
/// --memory (GB); the checkpoint is `folder`.
EngineOptions engine_options(const CommandLine& line, const std::string& folder);

/// Runs requests together and returns their answers in order. Throws Error when one fails.
std::vector<Answer> run_all(Engine& engine, std::vector<Request> requests);

}  // namespace llava
