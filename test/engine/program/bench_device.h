#pragma once

#include "program/measurements.h"
#include "runtime/engine.h"

namespace llava {

/// TFLOP/s of one large product [size, size] x [size, size] of the model's type, as the engine computes it.
void bench_rate(const EngineOptions& options, int64_t size, const Measurements& report);
/// GB/s, reads and writes, of copies on the device.
void bench_bandwidth(const EngineOptions& options, int64_t megabytes, const Measurements& report);
/// Microseconds of every kind of product of the model's decoder at prompt and decode sizes; test/bench/gpu/reference.py
/// times the same.
void bench_products(const EngineOptions& options, const Measurements& report);
/// Milliseconds of tower and projector for the tiles of a 640x480 image.
void bench_tower(const EngineOptions& options, const Measurements& report);
/// Prompt tokens per second, from pixels to the first answer token, of 640x480 images with a question each, and
/// TFLOP/s of it.
void bench_images(const EngineOptions& options, int64_t images, const Measurements& report);

/// Bytes of weights that a decode step reads.
int64_t step_weight_bytes(const ModelConfig& config);

}  // namespace llava
