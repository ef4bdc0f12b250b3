// Loading: files to device memory, converted or quantised on the device. No kernels.

#include "kernels/cuda/weights.h"

#include <algorithm>
#include <cstring>

#include "kernels/cuda/convert.h"
#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/quantised.h"
#include "kernels/cuda/staging.h"
#include "support/error.h"

namespace llava::cuda {

namespace {

Storage storage_for(const WeightOptions& options) {
  if (options.quantisation == Quantisation::int8) return Storage::i8;
  if (options.quantisation == Quantisation::fp8_e4m3) return Storage::f8;
  return options.work == DType::bf16 ? Storage::bf16 : options.work == DType::f16 ? Storage::f16 : Storage::f32;
}

}  // namespace

std::unique_ptr<Linear> CudaOps::load_linear(const LinearSource& source, const WeightOptions& options) {
  if (source.weights.empty()) throw ContractViolation("load_linear: no weights");
  if (!source.biases.empty() && source.biases.size() != source.weights.size())
    throw ContractViolation("load_linear: one bias per weight");
  context_.enter();
  if (!staging_) staging_ = std::make_unique<Staging>(*this);
  const int64_t columns = source.weights[0].shape.at(1);
  int64_t n = 0;
  for (const HostTensor& w : source.weights) {
    if (w.shape.at(1) != columns) throw ContractViolation("load_linear: stacked weights differ in k");
    n += w.shape[0];
  }
  auto linear = std::make_unique<CudaLinear>();
  linear->storage_ = storage_for(options);
  linear->n_ = source.rows_limit > 0 ? std::min(n, source.rows_limit) : n;
  linear->k_ = source.pad_k_to > 0 ? (columns + source.pad_k_to - 1) / source.pad_k_to * source.pad_k_to : columns;
  if (linear->k_ % 8 != 0) throw ContractViolation("load_linear: k is no multiple of 8");
  const bool quantised = size_of(linear->storage_) == 1;
  const int64_t pitch = quantised ? quantised_pitch(linear->k_) : linear->k_;
  const auto row_bytes = static_cast<size_t>(pitch) * size_of(linear->storage_);
  linear->values_ = allocate(static_cast<size_t>(linear->n_) * row_bytes);
  if (quantised) linear->scale_ = allocate(static_cast<size_t>(linear->n_) * sizeof(float));
  if (!source.biases.empty()) {
    linear->bias_ = allocate(static_cast<size_t>(linear->n_) * sizeof(float));
    if (cublaslt_ && !quantised && options.work != DType::f32)
      linear->work_bias_ = allocate(static_cast<size_t>(linear->n_) * size_of(options.work));
  }

  int64_t row = 0;
  for (size_t part = 0; part < source.weights.size() && row < linear->n_; ++part) {
    const HostTensor& w = source.weights[part];
    const int64_t rows = std::min(w.shape[0], linear->n_ - row);
    char* const target = linear->values_.as<char>() + static_cast<size_t>(row) * row_bytes;
    const size_t file_row_bytes = static_cast<size_t>(columns) * llava::size_of(w.dtype);
    if (quantised) {
      staging_->send_rows(w.data, rows, file_row_bytes, [&](const void* staged, int64_t first, int64_t count) {
        quantise_rows(context_, staged, w.dtype, options.work, target + static_cast<size_t>(first) * row_bytes,
                      linear->storage_, linear->scale_.as<float>() + row + first, count, columns, linear->k_);
      });
    } else if (w.dtype == options.work && columns == linear->k_) {
      staging_->send(target, w.data, static_cast<size_t>(rows) * row_bytes);
    } else {
      staging_->send_rows(w.data, rows, file_row_bytes, [&](const void* staged, int64_t first, int64_t count) {
        convert_rows(context_, staged, w.dtype, options.work, target + static_cast<size_t>(first) * row_bytes,
                     options.work, count, columns, pitch);
      });
    }
    if (!source.biases.empty()) {
      const HostTensor& b = source.biases[part];
      float* const bias = linear->bias_.as<float>() + row;
      char* const work_bias = linear->work_bias_.data() ? linear->work_bias_.as<char>() +
                                                              static_cast<size_t>(row) * llava::size_of(options.work)
                                                        : nullptr;
      if (b.data == nullptr) {
        fill_zero(bias, static_cast<size_t>(rows) * sizeof(float));
        if (work_bias) fill_zero(work_bias, static_cast<size_t>(rows) * llava::size_of(options.work));
      } else {
        staging_->send_rows(
            b.data, 1, static_cast<size_t>(rows) * llava::size_of(b.dtype), [&](const void* staged, int64_t, int64_t) {
              convert_rows(context_, staged, b.dtype, options.work, bias, DType::f32, 1, rows, rows);
              if (work_bias)
                convert_rows(context_, staged, b.dtype, options.work, work_bias, options.work, 1, rows, rows);
            });
      }
    }
    row += rows;
  }
  if (cublaslt_ && options.work != DType::f32) cublaslt_->expect(*linear, options.work);
  return linear;
}

std::unique_ptr<Table> CudaOps::load_table(const HostTensor& table, const WeightOptions& options) {
  context_.enter();
  if (!staging_) staging_ = std::make_unique<Staging>(*this);
  // In a float32 model the file's own type is exact.
  const DType type = options.work == DType::f32 ? table.dtype : options.work;
  const int64_t rows = table.shape.at(0), width = table.shape.at(1);
  const size_t bytes = static_cast<size_t>(table.count()) * llava::size_of(type);
  Buffer values = options.on_host ? allocate_host(bytes) : allocate(bytes);
  if (options.on_host) {
    if (table.dtype == type) {
      std::memcpy(values.data(), table.data, bytes);
    } else {
      for (int64_t i = 0; i < table.count(); ++i)
        store_float(values.data(), type, i, load_float(table.data, table.dtype, i));
    }
  } else if (table.dtype == type) {
    staging_->send(values.data(), table.data, bytes);
  } else {
    const size_t row_bytes = static_cast<size_t>(width) * llava::size_of(type);
    staging_->send_rows(table.data, rows, static_cast<size_t>(width) * llava::size_of(table.dtype),
                        [&](const void* staged, int64_t first, int64_t count) {
                          convert_rows(context_, staged, table.dtype, type,
                                       values.as<char>() + static_cast<size_t>(first) * row_bytes, type, count, width,
                                       width);
                        });
  }
  return std::make_unique<CudaTable>(std::move(values), type, rows, width);
}

Tensor CudaOps::load_tensor(const HostTensor& tensor, DType type) {
  context_.enter();
  if (!staging_) staging_ = std::make_unique<Staging>(*this);
  const int64_t rows = tensor.shape.size() > 1 ? tensor.shape[0] : 1;
  const int64_t columns = rows == 0 ? 0 : tensor.count() / rows;
  const auto per_16_bytes = static_cast<int64_t>(16 / llava::size_of(type));
  const int64_t stride = (columns + per_16_bytes - 1) / per_16_bytes * per_16_bytes;
  const size_t row_bytes = static_cast<size_t>(stride) * llava::size_of(type);
  Tensor out;
  out.buffer = allocate(static_cast<size_t>(rows) * row_bytes);
  out.view = {out.buffer.data(), type, rows, columns, stride};
  if (columns == 0) return out;
  staging_->send_rows(tensor.data, rows, static_cast<size_t>(columns) * llava::size_of(tensor.dtype),
                      [&](const void* staged, int64_t first, int64_t count) {
                        convert_rows(context_, staged, tensor.dtype, type,
                                     out.buffer.as<char>() + static_cast<size_t>(first) * row_bytes, type, count,
                                     columns, stride);
                      });
  return out;
}

void CudaOps::finish_loading() {
  synchronize();
  staging_.reset();
  if (!cublaslt_ || cublaslt_->expected().empty()) return;
  const auto keep = [&](Buffer& part, size_t bytes) {
    if (part.bytes() >= bytes) return;
    forget_graphs();
    part = Buffer();
    part = allocate(bytes);
  };
  keep(scratch_.linear, cublaslt_->sum_bytes());  // reserve() was not called, or told less
  keep(scratch_.workspace, kWorkspaceBytes);
  keep(scratch_.widened, cublaslt_->widened_bytes());
  cublaslt_->use_workspace(scratch_.workspace.data());
  settle_products(*this, context_, *cublaslt_);
}

}  // namespace llava::cuda
