#include "kernels/cpu/weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/memory.h"
#include "support/error.h"

namespace llava::cpu {

namespace {

Storage storage_of(DType type) {
  return type == DType::bf16 ? Storage::bf16 : type == DType::f16 ? Storage::f16 : Storage::f32;
}

Storage choose_storage(const LinearSource& source, const WeightOptions& options) {
  if (options.quantisation == Quantisation::int8) return Storage::i8;
  if (options.quantisation == Quantisation::fp8_e4m3) return Storage::f8;
  if (options.work != DType::f32) return storage_of(options.work);
  const DType first = source.weights[0].dtype;
  const bool same = std::ranges::all_of(source.weights, [&](const HostTensor& w) { return w.dtype == first; });
  return same ? storage_of(first) : Storage::f32;
}

/// Nearest e4m3 bits, ties to even, |x| <= 448.
uint8_t to_e4m3(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  const auto sign = static_cast<uint8_t>(bits >> 24 & 0x80u);
  const float magnitude = std::min(std::fabs(x), 448.0f);
  if (magnitude < 0x1p-6f) return static_cast<uint8_t>(sign | static_cast<uint8_t>(std::nearbyint(magnitude * 512.0f)));
  const auto m = std::bit_cast<uint32_t>(magnitude);
  const uint32_t rounded = m + 0x7ffffu + (m >> 20 & 1u);
  return static_cast<uint8_t>(sign | static_cast<uint8_t>((rounded - (120u << 23)) >> 20));
}

/// One row of the stack, rounded to the work type, in the storage's own type. The largest magnitude of f8 is multiplied
/// by 2^8 because the kernels read e4m3 as binary16 (kernels' load_f8).
void convert_row(const HostTensor& weight, int64_t row, int64_t k, DType work, Storage storage, float* values,
                 char* out, float* scale) {
  float largest = 0.0f;
  for (int64_t c = 0; c < k; ++c) {
    values[c] = round_to(work, load_float(weight.data, weight.dtype, row * k + c));
    largest = std::max(largest, std::fabs(values[c]));
  }
  switch (storage) {
    case Storage::f32: std::memcpy(out, values, static_cast<size_t>(k) * sizeof(float)); break;
    case Storage::bf16:
    case Storage::f16: {
      const DType type = storage == Storage::bf16 ? DType::bf16 : DType::f16;
      for (int64_t c = 0; c < k; ++c) store_float(out, type, c, values[c]);
      break;
    }
    case Storage::i8:
      *scale = largest / 127.0f;
      for (int64_t c = 0; c < k; ++c) {
        out[c] =
            static_cast<char>(largest > 0.0f ? std::clamp(std::nearbyint(values[c] / *scale), -127.0f, 127.0f) : 0);
      }
      break;
    case Storage::f8: {
      const float step = largest / 448.0f;
      for (int64_t c = 0; c < k; ++c) out[c] = static_cast<char>(to_e4m3(largest > 0.0f ? values[c] / step : 0.0f));
      *scale = step * 256.0f;
      break;
    }
  }
}

}  // namespace

CpuTable::CpuTable(const HostTensor& table)
    : data_(table.data), type_(table.dtype), rows_(table.shape.at(0)), width_(table.shape.at(1)) {}

std::unique_ptr<Linear> pack_linear(const LinearSource& source, const WeightOptions& options, const Kernels& kernels,
                                    ThreadPool& pool) {
  if (source.weights.empty()) throw ContractViolation("load_linear: no weights");
  const int64_t k = source.weights[0].shape.at(1);
  int64_t n = 0;
  for (const HostTensor& w : source.weights) {
    if (w.shape.at(1) != k) throw ContractViolation("load_linear: stacked weights differ in k");
    n += w.shape[0];
  }
  if (source.rows_limit > 0) n = std::min(n, source.rows_limit);
  const int64_t padded_k = source.pad_k_to > 0 ? (k + source.pad_k_to - 1) / source.pad_k_to * source.pad_k_to : k;
  if (padded_k % 2 != 0) throw ContractViolation("load_linear: k is odd");

  auto linear = std::make_unique<CpuLinear>();
  const Storage storage = choose_storage(source, options);
  const size_t element = size_of(storage);
  const int64_t columns = kernels.panel_columns;
  const int64_t panels = (n + columns - 1) / columns;
  linear->values_ = allocate_memory(static_cast<size_t>(panels * columns * padded_k) * element);
  const auto floats = [&](Buffer& buffer) {
    buffer = allocate_memory(static_cast<size_t>(panels * columns) * sizeof(float));
    std::memset(buffer.data(), 0, buffer.bytes());
    return buffer.as<float>();
  };
  float* scale = storage == Storage::i8 || storage == Storage::f8 ? floats(linear->scale_) : nullptr;
  float* bias = source.biases.empty() ? nullptr : floats(linear->bias_);

  // Row r of the stack: which part, which row of it.
  const auto locate = [&](int64_t row) {
    size_t part = 0;
    while (row >= source.weights[part].shape[0]) row -= source.weights[part++].shape[0];
    return std::pair(part, row);
  };
  // Rows that already have the storage's type are packed straight from the file.
  const bool direct = scale == nullptr && std::ranges::all_of(source.weights, [&](const HostTensor& w) {
                        return storage_of(w.dtype) == storage && (storage == Storage::f32) == (w.dtype == DType::f32);
                      });
  std::vector<Buffer> converted(static_cast<size_t>(pool.threads()));
  if (!direct) {
    for (Buffer& buffer : converted) {
      buffer = allocate_memory(static_cast<size_t>(k) * (sizeof(float) + static_cast<size_t>(columns) * element));
    }
  }
  pool.run(panels, [&](int64_t panel, int worker) {
    std::vector<const void*> rows(static_cast<size_t>(columns), nullptr);
    for (int64_t c = 0; c < columns && panel * columns + c < n; ++c) {
      const int64_t at = panel * columns + c;
      const auto [part, row] = locate(at);
      const HostTensor& w = source.weights[part];
      if (direct) {
        rows[static_cast<size_t>(c)] = static_cast<const char*>(w.data) + static_cast<size_t>(row * k) * element;
      } else {
        auto* values = converted[static_cast<size_t>(worker)].as<float>();
        char* out = reinterpret_cast<char*>(values + k) + static_cast<size_t>(c * k) * element;
        convert_row(w, row, k, options.work, storage, values, out, scale == nullptr ? nullptr : scale + at);
        rows[static_cast<size_t>(c)] = out;
      }
      if (bias != nullptr && source.biases[part].data != nullptr) {
        bias[at] = round_to(options.work, load_float(source.biases[part].data, source.biases[part].dtype, row));
      }
    }
    kernels.pack_panel(storage, rows.data(), k, padded_k,
                       linear->values_.as<char>() + static_cast<size_t>(panel * columns * padded_k) * element);
  });
  linear->panels_ = {linear->values_.data(), scale, bias, n, padded_k, storage};
  return linear;
}

}  // namespace llava::cpu
