#pragma once

#include <napi.h>

#include "runtime/types.h"

namespace llava {

/// The options of open() and describe(). Throws Error for values that are none, TypeError for types.
EngineOptions engine_options(const Napi::Value& value);

}  // namespace llava
