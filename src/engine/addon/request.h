#pragma once

#include <napi.h>

#include "runtime/types.h"

namespace llava {

/// The argument of generate(), or (`likelihood`) of loglikelihood(). Pixels stay in their Uint8Arrays. Throws
/// TypeError.
/// @param on_tokens  takes the callback of that name
Request read_request(const Napi::Value& value, bool likelihood, Napi::FunctionReference& on_tokens);

}  // namespace llava
