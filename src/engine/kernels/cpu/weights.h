#pragma once

#include <memory>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/thread_pool.h"

namespace llava::cpu {

/// A weight in panels (kernels.h). The only copy in anonymous memory: the file's pages are read once and can be
/// dropped.
class CpuLinear : public Linear {
 public:
  int64_t n() const override { return panels_.n; }
  int64_t k() const override { return panels_.k; }
  bool has_bias() const override { return panels_.bias != nullptr; }
  size_t bytes() const override { return values_.bytes() + bias_.bytes() + scale_.bytes(); }

  const PanelWeight& panels() const { return panels_; }

 private:
  friend std::unique_ptr<Linear> pack_linear(const LinearSource&, const WeightOptions&, const Kernels&, ThreadPool&);
  PanelWeight panels_;
  Buffer values_;
  Buffer bias_;
  Buffer scale_;
};

/// A table that stays in the mapped file; rows are converted when they are looked up.
class CpuTable : public Table {
 public:
  explicit CpuTable(const HostTensor& table);
  int64_t rows() const override { return rows_; }
  int64_t width() const override { return width_; }
  size_t bytes() const override { return 0; }

  const void* row(int64_t index) const {
    return static_cast<const char*>(data_) + static_cast<size_t>(index * width_) * size_of(type_);
  }
  DType type() const { return type_; }

 private:
  const void* data_;
  DType type_;
  int64_t rows_;
  int64_t width_;
};

/// Storage: the work type, or the file's narrower type where all parts of the stack share it and it is exact (bf16 or
/// f16 in an f32 model); i8 and f8 with one scale per row when asked: w = scale * q, scale = largest |w| / 127 (448 for
/// f8), q rounded to nearest even.
std::unique_ptr<Linear> pack_linear(const LinearSource& source, const WeightOptions& options, const Kernels& kernels,
                                    ThreadPool& pool);

}  // namespace llava::cpu
