#pragma once

#include <cstddef>
#include <string>

namespace llava {

/// SHA-256 (FIPS 180-4) of some bytes, in lower-case hex. For comparing with recorded digests only.
std::string sha256_hex(const void* data, size_t bytes);

}  // namespace llava
