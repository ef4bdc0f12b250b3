#pragma once

#include <napi.h>

#include "runtime/types.h"

namespace llava {

/// What generate() and loglikelihood() resolve with.
Napi::Object answer_object(Napi::Env env, const Answer& answer);

Napi::Object statistics_object(Napi::Env env, const Statistics& statistics);

}  // namespace llava
