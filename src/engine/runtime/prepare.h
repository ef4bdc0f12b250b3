#pragma once

#include <memory>

#include "runtime/sequence.h"

namespace llava {

/// Checks a request and lays it out: text ids and images merged into positions, one sequence per answer or
/// continuation. Images are handed to the registry, which copies their pixels. Thread-safe.
/// @param context  positions that one sequence may have
/// Throws RequestRefused: request (the caller's defect), context (too long) or image (an image that cannot be used).
std::unique_ptr<RequestState> prepare_request(const ModelConfig& config, int64_t context, ImageRegistry& images,
                                              Request request, Handler handler);

}  // namespace llava
