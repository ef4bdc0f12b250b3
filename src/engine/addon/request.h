#pragma once

#include <napi.h>

#include "addon/values.h"
#include "runtime/types.h"

namespace llava {

/// The argument of generate(), or (`likelihood`) of loglikelihood(). Pixels stay in their Uint8Arrays. Throws
/// TypeError.
/// @param on_tokens  takes the callback of that name
Request read_request(const Napi::Value& value, bool likelihood, Napi::FunctionReference& on_tokens);

/// An image's pixels. Throws TypeError unless they are as many as its size says.
Napi::Uint8Array read_pixels(const Napi::Value& rgb, int64_t width, int64_t height);

/// An image's member `clip`: the number of its clip, -1 when it is no frame.
int32_t clip_of(const Members& image);

}  // namespace llava
