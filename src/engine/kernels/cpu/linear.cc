// Products with a weight: cut by rows and panels, never along k.

#include <algorithm>
#include <cstring>

#include "kernels/cpu/blocks.h"
#include "kernels/cpu/cpu_ops.h"
#include "kernels/cpu/weights.h"
#include "support/error.h"

namespace llava::cpu {

void CpuOps::linear(const Linear& weight, const View& x, const View& out, Phase, Activation activation,
                    const View* residual) {
  const PanelWeight& w = static_cast<const CpuLinear&>(weight).panels();
  if (x.cols != w.k || out.cols != w.n || out.rows != x.rows) {
    throw ContractViolation("linear: shapes do not match the weight");
  }
  if (x.rows == 0) return;
  const bool dot_bf16 = kernels_.has_dot_bf16 && w.storage == Storage::bf16 && x.dtype == DType::bf16;
  const Epilogue epilogue{out, residual, activation};
  if (x.rows <= kernels_.gemv_rows) {
    few_rows(w, x, dot_bf16, epilogue);
  } else {
    many_rows(w, x, dot_bf16, epilogue);
  }
}

// Weights stream through once; tasks are runs of whole panels, small enough to balance.
void CpuOps::few_rows(const PanelWeight& w, const View& x, bool dot_bf16, const Epilogue& epilogue) {
  const size_t row_bytes = static_cast<size_t>(w.k) * (dot_bf16 ? 2 : sizeof(float));
  auto* rows = static_cast<char*>(activations_.take(static_cast<size_t>(x.rows) * row_bytes));
  for (int64_t r = 0; r < x.rows; ++r) {
    const void* from = static_cast<const char*>(x.data) + static_cast<size_t>(r * x.stride) * llava::size_of(x.dtype);
    char* to = rows + static_cast<size_t>(r) * row_bytes;
    if (dot_bf16) {
      std::memcpy(to, from, row_bytes);
    } else {
      kernels_.widen(from, x.dtype, w.k, reinterpret_cast<float*>(to));
    }
  }
  const int64_t panels = (w.n + kernels_.panel_columns - 1) / kernels_.panel_columns;
  const int64_t panel_bytes = w.k * kernels_.panel_columns * static_cast<int64_t>(size_of(w.storage));
  constexpr int64_t kTaskBytes = 256 << 10;
  constexpr int64_t kTogether = 4;  // panels that one call walks side by side
  const int64_t fair = (panels + pool_.threads() - 1) / pool_.threads();
  int64_t piece = std::clamp<int64_t>(kTaskBytes / std::max<int64_t>(panel_bytes, 1), kTogether,
                                      std::max<int64_t>(fair, kTogether));
  piece = (piece + kTogether - 1) / kTogether * kTogether;
  pool_.run((panels + piece - 1) / piece, [&](int64_t i, int) {
    GemvTask task;
    task.weight = &w;
    task.activations = rows;
    task.rows = x.rows;
    task.panel = i * piece;
    task.panels = std::min(piece, panels - task.panel);
    task.dot_bf16 = dot_bf16;
    task.epilogue = epilogue;
    kernels_.gemv(task);
  });
}

void CpuOps::many_rows(const PanelWeight& w, const View& x, bool dot_bf16, const Epilogue& epilogue) {
  const int64_t tile = kernels_.tile_rows;
  const int64_t panels = (w.n + kernels_.panel_columns - 1) / kernels_.panel_columns;
  for (int64_t first = 0; first < x.rows; first += kRowGroup) {
    const int64_t rows = std::min(kRowGroup, x.rows - first);
    const int64_t tiles = (rows + tile - 1) / tile;
    void* packed = activations_.take(kernels_.packed_bytes(rows, w.k, dot_bf16));
    pool_.run(tiles, [&](int64_t i, int) {
      kernels_.pack_rows(x, first + i * tile, std::min(tile, rows - i * tile), dot_bf16, packed, first, rows);
    });
    const int64_t blocks = (tiles * tile + kRowBlock - 1) / kRowBlock;
    const int64_t block_tiles = (tiles + blocks - 1) / blocks;  // even blocks: no thread gets a sliver at the end
    const int64_t enough = 8 * pool_.threads();
    const int64_t task_panels = std::clamp<int64_t>(panels * blocks / enough, 1, kPanelBlock);
    const int64_t pieces = (panels + task_panels - 1) / task_panels;
    pool_.run(blocks * pieces, [&](int64_t i, int worker) {
      const int64_t block = i / pieces;
      GemmTask task;
      task.weight = &w;
      task.activations = packed;
      task.packed_row = first;
      task.packed_rows = rows;
      task.row = first + block * block_tiles * tile;
      task.rows = std::min(block_tiles * tile, first + rows - task.row);
      if (task.rows <= 0) return;
      task.panel = i % pieces * task_panels;
      task.panels = std::min(task_panels, panels - task.panel);
      task.dot_bf16 = dot_bf16;
      task.epilogue = epilogue;
      task.scratch = static_cast<float*>(
          worker_product_[static_cast<size_t>(worker)].take(kernels_.gemm_scratch(task.rows, task.panels)));
      kernels_.gemm(task);
    });
  }
}

}  // namespace llava::cpu
