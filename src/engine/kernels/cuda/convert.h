#pragma once

// What happens to weights between the file and their place on the device.

#include "kernels/cuda/context.h"
#include "kernels/cuda/weights.h"

namespace llava::cuda {

/// convert.cu: source [rows, columns] of `from` -> target [rows, pitch] of `to` (`work` or f32), values rounded to
/// `work`, zeros behind.
void convert_rows(Context& context, const void* source, DType from, DType work, void* target, DType to, int64_t rows,
                  int64_t columns, int64_t pitch);

/// quantise.cu: source [rows, columns] of `from`, values rounded to `work` -> bytes [rows,
/// quantised_pitch(padded_columns)] as quantised.h has them, and scale [rows].
void quantise_rows(Context& context, const void* source, DType from, DType work, void* target, Storage storage,
                   float* scale, int64_t rows, int64_t columns, int64_t padded_columns);

}  // namespace llava::cuda
