#pragma once

#include <cstdint>
#include <string>

namespace llava {

/// Writes a converted-layout checkpoint of random bf16 weights into `folder` (made when absent): a CLIP ViT-L/14-336 tower and a
/// decoder of Qwen2-0.5B's shape, tied embeddings; about 1.6 GB. For benchmarks: real sizes, no real weights. The same
/// seed gives the same bytes. Returns the bytes of the weights.
uint64_t write_random_checkpoint(const std::string& folder, uint64_t seed = 1);

}  // namespace llava
