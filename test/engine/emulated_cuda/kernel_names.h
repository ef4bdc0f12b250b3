#pragma once

#include <string>

namespace llava::emulated {

/// What the source calls the kernel at this address, from this program's own symbol table; the address when it has none
/// (stripped).
std::string name_of_kernel(const void* kernel);

}  // namespace llava::emulated
