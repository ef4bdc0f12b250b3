// Weights, and out = activation(x W^T + bias) + residual.

#include <cmath>

#include "kernels/reference/elements.h"
#include "kernels/reference/reference_ops.h"
#include "support/error.h"

namespace llava {

namespace {

float activate(Activation activation, float x) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::gelu: return 0.5f * x * (1.0f + std::erf(x * 0.70710678118654752f));
    case Activation::gelu_tanh:
      return 0.5f * x * (1.0f + std::tanh(0.79788456080286536f * (x + 0.044715f * x * x * x)));
    case Activation::quick_gelu: return x / (1.0f + std::exp(-1.702f * x));
  }
  return x;
}

}  // namespace

std::unique_ptr<Linear> ReferenceOps::load_linear(const LinearSource& source, const WeightOptions& options) {
  if (source.weights.empty()) throw ContractViolation("load_linear: no weights");
  if (options.quantisation != Quantisation::none) {
    throw Error("the reference back end has no quantised weights", "weight compression", "Use the cpu or cuda device.");
  }
  auto linear = std::make_unique<ReferenceLinear>();
  const int64_t k = source.weights[0].shape.at(1);
  linear->k_ = source.pad_k_to > 0 ? (k + source.pad_k_to - 1) / source.pad_k_to * source.pad_k_to : k;
  int64_t n = 0;
  for (const HostTensor& weight : source.weights) n += weight.shape.at(0);
  linear->n_ = source.rows_limit > 0 && source.rows_limit < n ? source.rows_limit : n;
  linear->weight_.assign(static_cast<size_t>(linear->n_ * linear->k_), 0.0f);
  if (!source.biases.empty()) linear->bias_.assign(static_cast<size_t>(linear->n_), 0.0f);
  int64_t row = 0;
  for (size_t part = 0; part < source.weights.size(); ++part) {
    const HostTensor& weight = source.weights[part];
    for (int64_t r = 0; r < weight.shape[0] && row < linear->n_; ++r, ++row) {
      for (int64_t c = 0; c < k; ++c) {
        linear->weight_[static_cast<size_t>(row * linear->k_ + c)] =
            round_to(options.work, load_float(weight.data, weight.dtype, r * k + c));
      }
      if (!source.biases.empty() && source.biases[part].data != nullptr) {
        linear->bias_[static_cast<size_t>(row)] =
            round_to(options.work, load_float(source.biases[part].data, source.biases[part].dtype, r));
      }
    }
  }
  return linear;
}

std::unique_ptr<Table> ReferenceOps::load_table(const HostTensor& table, const WeightOptions& options) {
  auto out = std::make_unique<ReferenceTable>();
  out->rows_ = table.shape.at(0);
  out->width_ = table.shape.at(1);
  out->values_.resize(static_cast<size_t>(table.count()));
  for (int64_t i = 0; i < table.count(); ++i) {
    out->values_[static_cast<size_t>(i)] = round_to(options.work, load_float(table.data, table.dtype, i));
  }
  return out;
}

Tensor ReferenceOps::load_tensor(const HostTensor& tensor, DType type) {
  const int64_t rows = tensor.shape.size() > 1 ? tensor.shape[0] : 1;
  const int64_t cols = rows == 0 ? 0 : tensor.count() / rows;
  const auto per_16_bytes = static_cast<int64_t>(16 / size_of(type));
  const int64_t stride = (cols + per_16_bytes - 1) / per_16_bytes * per_16_bytes;
  Tensor out;
  out.buffer = allocate(static_cast<size_t>(rows * stride) * size_of(type));
  out.view = {out.buffer.data(), type, rows, cols, stride};
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) set(out.view, r, c, load_float(tensor.data, tensor.dtype, r * cols + c));
  }
  return out;
}

void ReferenceOps::linear(const Linear& weight, const View& x, const View& out, Phase, Activation activation,
                          const View* residual) {
  const auto& w = static_cast<const ReferenceLinear&>(weight);
  if (x.cols != w.k_ || out.cols != w.n_) throw ContractViolation("linear: shapes do not match the weight");
  std::vector<float> row(static_cast<size_t>(w.k_));
  for (int64_t m = 0; m < x.rows; ++m) {
    for (int64_t k = 0; k < w.k_; ++k) row[static_cast<size_t>(k)] = get(x, m, k);
    for (int64_t n = 0; n < w.n_; ++n) {
      const float* wn = w.weight_.data() + n * w.k_;
      double sum = w.bias_.empty() ? 0.0 : w.bias_[static_cast<size_t>(n)];
      for (int64_t k = 0; k < w.k_; ++k) sum += static_cast<double>(row[static_cast<size_t>(k)]) * wn[k];
      float value = activate(activation, static_cast<float>(sum));
      if (residual != nullptr) value += get(*residual, m, n);
      set(out, m, n, value);
    }
  }
}

}  // namespace llava
