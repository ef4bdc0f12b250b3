#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace llava {

/// Names of the shapes that write_random_checkpoint knows.
std::vector<std::string> random_models();

/// Writes a converted-layout checkpoint of random bf16 weights into `folder` (made when absent). For benchmarks and for
/// comparing with other programs: real sizes, no real weights. Every value is a function of its tensor's name and its
/// place in it, so the same call gives the same bytes on every machine, and a model of fewer layers is the beginning of
/// the whole one.
/// @param model one of random_models(): qwen2-0.5b (1.6 GB), llama3-llava-next-8b, llava-v1.6-vicuna-7b,
/// llava-next-72b, onevision-0.5b (1.8 GB), onevision-7b (16 GB), onevision-1.5-4b (9.5 GB), onevision-2-8b (17 GB), tiny
/// @param layers decoder layers, 0 = the model's own number
/// Returns the bytes of the weights.
uint64_t write_random_checkpoint(const std::string& folder, const std::string& model, int64_t layers = 0);

}  // namespace llava
