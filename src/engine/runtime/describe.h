#pragma once

#include "runtime/memory_plan.h"
#include "support/json.h"

namespace llava {

/// A checkpoint for people and for `llava-eval model`: architecture, parameters, memory per device of this machine,
/// what is not supported. Reads config and tensor headers only. The keys are NativeModelDescription of
/// src/runners/local/native.ts.
Json describe_checkpoint(const EngineOptions& options);

/// The same for an open engine, with its own plan.
Json describe_model(const ModelConfig& config, const std::vector<DevicePlan>& plans, bool has_weights);

/// Devices of this machine, as `device` options name them.
Json describe_devices();

/// What a build with CUDA finds: {problem, cublasLt}, either may be empty. Null in other builds.
Json describe_cuda();

}  // namespace llava
