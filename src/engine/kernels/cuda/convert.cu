// Rows of a file to rows on the device: widened exactly, rounded to the work type, stored; columns beyond the file's
// are zeros.
//   source [rows, columns] f32, bf16 or f16, without gaps, 16-byte aligned as a whole      target [rows, pitch] f32,
//   bf16 or f16
//   launch   grid-stride over target elements; runs beside the upload of the next piece
//   cost     reads and writes every byte once; limited by the upload that feeds it

#include "kernels/cuda/convert.h"
#include "kernels/cuda/numbers.h"

namespace llava::cuda {

namespace {

constexpr int kThreads = 256;
constexpr unsigned kMostBlocks = 4096;

template <typename From, typename Work, typename To>
__global__ void convert_kernel(const From* source, To* target, int64_t rows, int64_t columns, int64_t pitch) {
  const int64_t count = rows * pitch;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t row = i / pitch, column = i % pitch;
    target[i] = narrow<To>(column < columns ? rounded<Work>(widen(source[row * columns + column])) : 0.0f);
  }
}

}  // namespace

void convert_rows(Context& context, const void* source, DType from, DType work, void* target, DType to, int64_t rows,
                  int64_t columns, int64_t pitch) {
  const unsigned blocks = std::min(blocks_for(rows * pitch, kThreads), kMostBlocks);
  with_work_type(from, [&]<typename From>() {
    const auto launch = [&]<typename Work, typename To>() {
      context.launch("convert", {rows, columns}, convert_kernel<From, Work, To>, dim3(blocks), dim3(kThreads), 0,
                     source, target, rows, columns, pitch);
    };
    if (to == DType::f32) {
      with_work_type(work, [&]<typename Work>() { launch.template operator()<Work, float>(); });
    } else {
      if (to != work) throw ContractViolation("convert: the target is neither float32 nor the work type");
      with_work_type(work, [&]<typename Work>() { launch.template operator()<Work, Work>(); });
    }
  });
}

}  // namespace llava::cuda
