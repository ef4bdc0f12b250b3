// Set-up of the CPU back end.

#include "kernels/cpu/cpu_ops.h"

#include <algorithm>

#include "kernels/backends.h"
#include "kernels/cpu/blocks.h"
#include "kernels/cpu/features.h"
#include "kernels/cpu/weights.h"

namespace llava::cpu {

CpuOps::CpuOps(const Kernels& kernels, int threads)
    : kernels_(kernels),
      pool_(threads),
      worker_product_(static_cast<size_t>(pool_.threads())),
      worker_attention_(static_cast<size_t>(pool_.threads())) {}

DeviceInfo CpuOps::info() const {
  DeviceInfo info;
  info.kind = "cpu";
  info.name = cpu_name();
  info.fingerprint = std::string("cpu ") + kernels_.name;
  info.threads = pool_.threads();
  info.memory_total = memory_total();
  info.memory_free = memory_free();
  return info;
}

Buffer CpuOps::allocate(size_t bytes) { return allocate_memory(bytes); }
Buffer CpuOps::allocate_host(size_t bytes) { return allocate_memory(bytes); }

std::unique_ptr<Linear> CpuOps::load_linear(const LinearSource& source, const WeightOptions& options) {
  return pack_linear(source, options, kernels_, pool_);
}

std::unique_ptr<Table> CpuOps::load_table(const HostTensor& table, const WeightOptions&) {
  return std::make_unique<CpuTable>(table);
}

size_t CpuOps::scratch_bytes(const Limits& limits) const {
  const int64_t rows = std::min(std::max(limits.prefill_rows, limits.decode_rows), kRowGroup);
  const auto threads = static_cast<size_t>(pool_.threads());
  return kernels_.packed_bytes(rows, limits.widest, false) +
         threads * (kernels_.gemm_scratch(kRowBlock + kernels_.tile_rows, kPanelBlock) + kAttentionBytes) +
         partial_bytes(limits.decode_rows, limits.heads, limits.context);
}

void CpuOps::reserve(const Limits& limits) {
  const int64_t rows = std::min(std::max(limits.prefill_rows, limits.decode_rows), kRowGroup);
  activations_.take(kernels_.packed_bytes(rows, limits.widest, false));
  for (Arena& arena : worker_product_) arena.take(kernels_.gemm_scratch(kRowBlock + kernels_.tile_rows, kPanelBlock));
  for (Arena& arena : worker_attention_) arena.take(kAttentionBytes);
  partial_.take(partial_bytes(limits.decode_rows, limits.heads, limits.context));
  normaliser_.reserve(static_cast<size_t>(limits.logit_rows));
  best_.reserve(static_cast<size_t>(limits.logit_rows));
}

}  // namespace llava::cpu

namespace llava {

std::unique_ptr<Ops> make_cpu_ops(const OpenOptions& options) {
  const int threads = options.threads > 0 ? options.threads : cpu::usable_cores();
  return std::make_unique<cpu::CpuOps>(cpu::choose_kernels(options.instructions), threads);
}

}  // namespace llava
