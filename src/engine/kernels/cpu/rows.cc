// Norms, the gated activation, look-ups and row copies: memory bound, cut by rows.

#include <algorithm>
#include <cstring>

#include "kernels/cpu/cpu_ops.h"
#include "kernels/cpu/weights.h"

namespace llava::cpu {

namespace {

int64_t row_bytes(const View& view) { return view.cols * static_cast<int64_t>(llava::size_of(view.dtype)); }

char* row_at(const View& view, int64_t row) {
  return static_cast<char*>(view.data) + row * view.stride * static_cast<int64_t>(llava::size_of(view.dtype));
}

}  // namespace

void CpuOps::rms_norm(const View& x, const View& weight, float eps, const View& out) {
  for_rows(x.rows, row_bytes(x), [&](int64_t first, int64_t count) {
    kernels_.rms_norm(x.slice(first, count), weight, eps, out.slice(first, count));
  });
}

void CpuOps::layer_norm(const View& x, const View& weight, const View& bias, float eps, const View& out) {
  for_rows(x.rows, row_bytes(x), [&](int64_t first, int64_t count) {
    kernels_.layer_norm(x.slice(first, count), weight, bias, eps, out.slice(first, count));
  });
}

void CpuOps::silu_mul(const View& x, const View& out) {
  for_rows(x.rows, row_bytes(x),
           [&](int64_t first, int64_t count) { kernels_.silu_mul(x.slice(first, count), out.slice(first, count)); });
}

void CpuOps::embed(const Table& table, const int32_t* ids, int64_t count, const View& out) {
  const auto& t = static_cast<const CpuTable&>(table);
  const int64_t width = t.width();
  for_rows(count, row_bytes(out), [&](int64_t first, int64_t rows) {
    std::vector<float> values(t.type() == out.dtype ? 0 : static_cast<size_t>(width));
    for (int64_t i = first; i < first + rows; ++i) {
      if (ids[i] < 0) continue;
      if (t.type() == out.dtype) {
        std::memcpy(row_at(out, i), t.row(ids[i]), static_cast<size_t>(row_bytes(out)));
      } else {
        kernels_.widen(t.row(ids[i]), t.type(), width, values.data());
        kernels_.narrow(values.data(), width, out.dtype, row_at(out, i));
      }
    }
  });
}

void CpuOps::gather_rows(const View& x, const int32_t* source, const int32_t* target, int64_t count, const View* fill,
                         const View& out) {
  for_rows(count, row_bytes(out), [&](int64_t first, int64_t rows) {
    for (int64_t i = first; i < first + rows; ++i) {
      const void* from = source[i] >= 0 ? row_at(x, source[i]) : fill->data;
      std::memcpy(row_at(out, target != nullptr ? target[i] : i), from, static_cast<size_t>(row_bytes(out)));
    }
  });
}

}  // namespace llava::cpu
