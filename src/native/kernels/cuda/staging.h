#pragma once

namespace llava::cuda {

class Staging {};

}  // namespace llava::cuda
