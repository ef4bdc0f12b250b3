// Opening and calling cuBLASLt. No kernels.

#include "kernels/cuda/cublaslt.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "kernels/backends.h"
#include "kernels/cuda/cublaslt_search.h"
#include "support/error.h"

namespace llava::cuda {

namespace {

constexpr int kMostCandidates = 16;
constexpr size_t kSumBytes = 16 << 20;
constexpr int64_t kMostWidenedRows = 32'768;  // kRowBucket rows of so many float32 results are kSumBytes
constexpr int64_t kRankedRows = 8192;
constexpr int64_t kRowsWithoutLimits = 1024;  // what is checked when reserve() was not called

/// Fills the table; the name of what is missing, or empty.
std::string read_symbols(void* library, CublasLtApi& api) {
  const char* missing = nullptr;
  const auto find = [&](auto& entry, const char* name) {
    void* symbol = dlsym(library, name);
    if (!symbol && !missing) missing = name;
    entry = reinterpret_cast<std::remove_reference_t<decltype(entry)>>(symbol);
  };
  find(api.create, "cublasLtCreate");
  find(api.destroy, "cublasLtDestroy");
  find(api.get_version, "cublasLtGetVersion");
  find(api.get_status_string, "cublasLtGetStatusString");
  find(api.matmul_desc_create, "cublasLtMatmulDescCreate");
  find(api.matmul_desc_destroy, "cublasLtMatmulDescDestroy");
  find(api.matmul_desc_set_attribute, "cublasLtMatmulDescSetAttribute");
  find(api.matrix_layout_create, "cublasLtMatrixLayoutCreate");
  find(api.matrix_layout_destroy, "cublasLtMatrixLayoutDestroy");
  find(api.preference_create, "cublasLtMatmulPreferenceCreate");
  find(api.preference_destroy, "cublasLtMatmulPreferenceDestroy");
  find(api.preference_set_attribute, "cublasLtMatmulPreferenceSetAttribute");
  find(api.algo_get_heuristic, "cublasLtMatmulAlgoGetHeuristic");
  find(api.algo_check, "cublasLtMatmulAlgoCheck");
  find(api.algo_config_get_attribute, "cublasLtMatmulAlgoConfigGetAttribute");
  find(api.matmul, "cublasLtMatmul");
  return missing ? missing : "";
}

/// The file that a symbol came from.
std::string file_of(const void* symbol) {
  Dl_info info = {};
  return dladdr(symbol, &info) != 0 && info.dli_fname ? info.dli_fname : "";
}

/// 130100 = 13.1.0
std::string version_text(size_t v) {
  return "cuBLASLt " + std::to_string(v / 10000) + "." + std::to_string(v / 100 % 100) + "." + std::to_string(v % 100);
}

/// Opens one library and makes a handle; `why` says what went wrong.
std::unique_ptr<CublasLt> open_one(const std::string& path, std::string& why) {
  CublasLtApi api = {};
  void* library =
      dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays open: its threads and GPU code outlive any handle
  if (!library) {
    why = dlerror();
    return nullptr;
  }
  const std::string missing = read_symbols(library, api);
  if (!missing.empty()) {
    why = missing + " is missing";
    return nullptr;
  }
  void* handle = nullptr;
  const int status = api.create(&handle);
  if (status != 0) {
    why = std::string("it refuses this GPU: ") + api.get_status_string(status);
    return nullptr;
  }
  return std::make_unique<CublasLt>(api, handle);
}

int type_of(DType type) { return type == DType::f32 ? lt::kF32 : type == DType::f16 ? lt::kF16 : lt::kBf16; }

/// The descriptors of one product; w is "A", x is "B", the residual "C" and out "D" of the library.
class Description {
 public:
  Description(const CublasLtApi& api, const ProductUse& use, const ProductOperands& o) : api_(api) {
    const auto rows = static_cast<uint64_t>(o.rows), n = static_cast<uint64_t>(use.n), k = static_cast<uint64_t>(use.k);
    expect(api.matmul_desc_create(&operation, lt::kCompute32F, lt::kF32), "describing a product");
    set(lt::kTransposeA, static_cast<int32_t>(lt::kTransposed));
    set(lt::kTransposeB, static_cast<int32_t>(lt::kNone));
    if (use.bias) {
      set(lt::kEpilogue, static_cast<uint32_t>(lt::kBias));
      set(lt::kBiasPointer, o.bias);
    }
    layout(w, use.type, k, n, use.k);
    layout(x, use.type, k, rows, o.x_stride);
    layout(residual, use.out, n, rows, use.residual ? o.residual_stride : o.out_stride);
    layout(out, use.out, n, rows, o.out_stride);
  }
  ~Description() {
    for (void* layout : {w, x, residual, out}) {
      if (layout) api_.matrix_layout_destroy(layout);
    }
    if (operation) api_.matmul_desc_destroy(operation);
  }
  Description(const Description&) = delete;
  Description& operator=(const Description&) = delete;

  void* operation = nullptr;
  void* w = nullptr;
  void* x = nullptr;
  void* residual = nullptr;
  void* out = nullptr;

 private:
  void expect(int status, const char* what) const {
    if (status != 0) throw DeviceError(std::string("cuBLASLt: ") + what + ": " + api_.get_status_string(status));
  }
  template <typename V>
  void set(int attribute, V value) const {
    expect(api_.matmul_desc_set_attribute(operation, attribute, &value, sizeof(value)), "describing a product");
  }
  void layout(void*& made, DType type, uint64_t rows, uint64_t columns, int64_t leading) const {
    expect(api_.matrix_layout_create(&made, type_of(type), rows, columns, leading), "describing a matrix");
  }

  const CublasLtApi& api_;
};

/// Operands as the check has them: contiguous, aligned, no memory.
ProductOperands shape_only(const ProductUse& use, int64_t rows) {
  static const char anywhere alignas(16) = 0;  // the library asks for the alignment of the bias, not for its values
  ProductOperands o;
  o.rows = rows;
  o.x_stride = use.k;
  o.bias = use.bias ? &anywhere : nullptr;
  o.out_stride = o.residual_stride = (use.n + 7) / 8 * 8;
  return o;
}

std::string text_of(const ProductUse& use, int64_t rows) {
  return std::to_string(rows) + "x" + std::to_string(use.n) + "x" + std::to_string(use.k) + " " + name_of(use.type) +
         " to " + name_of(use.out) + (use.bias ? ", bias" : "") + (use.residual ? ", residual" : "");
}

}  // namespace

std::unique_ptr<CublasLt> CublasLt::open(const OpenOptions& options) {
  std::string why;
  const std::string& path = options.cublaslt_path;
  std::unique_ptr<CublasLt> library;
  if (!path.empty()) {
    library = open_one(path, why);
    if (!library)
      throw Error("'" + path + "' cannot serve as cuBLASLt: " + why, "cublasLtPath",
                  "Name a libcublasLt.so of CUDA 12 or 13, or leave it out.");
  } else {
    for (const std::string& candidate : cublaslt_search_paths()) {
      library = open_one(candidate, why);
      if (library) break;
    }
  }
  if (library) library->widened_limit_ = options.widened_bytes;
  return library;
}

CublasLt::~CublasLt() { api_.destroy(handle_); }

std::string CublasLt::text() const {
  std::string text = version_text(api_.get_version());
  if (uses_ == 0) return text;
  uint64_t digest = 14695981039346656037u;  // FNV-1a
  const auto add = [&](const auto& value) {
    unsigned char bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));
    for (const unsigned char byte : bytes) digest = (digest ^ byte) * 1099511628211u;
  };
  for (const auto& [use, served] : settled_) {
    add(use.n), add(use.k), add(use.type), add(use.out), add(use.bias), add(use.residual);
    add(served.classes.back().algorithm.data);
  }
  char hex[17];
  std::snprintf(hex, sizeof(hex), "%016llx", static_cast<unsigned long long>(digest));
  return text + " for " + std::to_string(settled_.size()) + " of " + std::to_string(uses_) + " products, " + hex;
}

void CublasLt::set_limits(const Limits& limits) {
  limits_ = limits;
  expected_.clear();
  settled_.clear();
  uses_ = 0;
}

void CublasLt::expect(const CudaLinear& weight, DType work) {
  std::vector<ProductUse> uses;
  const ProductUse sums{weight.n(), weight.k(), work, DType::f32, false, false};
  if (weight.scale()) {
    if (is_head(weight.n())) return;  // all of it for the few rows that are asked for: our own kernel reads half
    const int64_t rows = std::min(rows_of_widened(weight.k()), weight.n());
    for (const int64_t n : {rows, weight.n() % rows}) {
      if (n == 0) continue;
      uses.push_back(sums);
      uses.back().n = n;
    }
    widened_bytes_ = std::max(widened_bytes_, static_cast<size_t>(rows * weight.k()) * llava::size_of(work));
  } else {
    uses.push_back(sums);
    if (!is_head(weight.n())) {  // whose results are always float32
      uses.push_back({weight.n(), weight.k(), work, work, weight.has_bias(), false});
      uses.push_back({weight.n(), weight.k(), work, work, weight.has_bias(), true});
    }
  }
  for (const ProductUse& use : uses) {
    if (!settled_.contains(use)) uses_ += expected_.insert(use).second ? 1 : 0;
  }
}

int64_t CublasLt::rows_of_widened(int64_t k) const {
  const int64_t rows = static_cast<int64_t>(widened_limit_ / sizeof(BFloat16)) / k / kRowBucket * kRowBucket;
  return std::clamp(rows, kRowBucket, kMostWidenedRows);
}

int64_t CublasLt::most_rows(const ProductUse& use) const {
  int64_t rows = limits_.prefill_rows > 0 ? limits_.prefill_rows : kRowsWithoutLimits;
  if (is_head(use.n)) rows = std::max<int64_t>(limits_.logit_rows, 1);
  rows = (rows + kRowBucket - 1) / kRowBucket * kRowBucket;
  return use.out == DType::f32 ? std::min(rows, rows_of_sums(use.n)) : rows;
}

size_t CublasLt::sum_bytes() const {
  size_t most = 0;
  for (const ProductUse& use : expected_) {
    if (use.out == DType::f32 && !is_head(use.n))  // the head has no activation
      most = std::max(most, static_cast<size_t>(most_rows(use) * stride_of_sums(use.n)) * sizeof(float));
  }
  return most;
}

/// The library's ranking for so many rows, without algorithms that add partial sums.
std::vector<LtAlgorithm> CublasLt::ranked(const ProductUse& use, int64_t rows) const {
  void* preference = nullptr;
  if (api_.preference_create(&preference) != 0) return {};
  const auto set = [&](int attribute, auto value) {
    return api_.preference_set_attribute(preference, attribute, &value, sizeof(value)) == 0;
  };
  bool ready = set(lt::kMostWorkspace, uint64_t{kWorkspaceBytes});
  for (const int operand : {lt::kAlignmentA, lt::kAlignmentB, lt::kAlignmentC, lt::kAlignmentD})
    ready = ready && set(operand, uint32_t{16});
  std::vector<LtHeuristic> results(kMostCandidates);
  int found = 0;
  if (ready) {
    const Description d(api_, use, shape_only(use, rows));
    if (api_.algo_get_heuristic(handle_, d.operation, d.w, d.x, d.residual, d.out, preference, kMostCandidates,
                                results.data(), &found) != 0)
      found = 0;
  }
  api_.preference_destroy(preference);

  std::vector<LtAlgorithm> fit;
  for (int i = 0; i < found; ++i) {
    const LtHeuristic& result = results[static_cast<size_t>(i)];
    const auto attribute = [&](int which, int32_t otherwise) {
      int32_t value = otherwise;
      size_t written = 0;
      return api_.algo_config_get_attribute(&result.algorithm, which, &value, sizeof(value), &written) == 0 ? value
                                                                                                            : otherwise;
    };
    if (result.status == 0 && attribute(lt::kSplitK, 1) <= 1 && attribute(lt::kReductionScheme, 0) == 0)
      fit.push_back(result.algorithm);
  }
  return fit;
}

/// Those that take every bucket of more than `after` and at most `rows` rows.
std::vector<LtAlgorithm> CublasLt::accepted(const ProductUse& use, std::vector<LtAlgorithm> algorithms, int64_t after,
                                            int64_t rows) const {
  for (int64_t bucket = after + kRowBucket; bucket <= rows; bucket += kRowBucket) {
    const Description d(api_, use, shape_only(use, bucket));
    std::erase_if(algorithms, [&](const LtAlgorithm& algorithm) {
      LtHeuristic check = {};
      return api_.algo_check(handle_, d.operation, d.w, d.x, d.residual, d.out, &algorithm, &check) != 0 ||
             check.workspace > kWorkspaceBytes;
    });
  }
  return algorithms;
}

std::vector<LtAlgorithm> CublasLt::candidates(const ProductUse& use) const {
  const int64_t ranked_rows = use.out == DType::f32 ? rows_of_sums(use.n) : kRankedRows;
  return accepted(use, ranked(use, ranked_rows), 0, most_rows(use));
}

std::vector<LtAlgorithm> CublasLt::candidates(const ProductUse& use, int64_t after, int64_t rows) const {
  return accepted(use, ranked(use, rows), after, rows);
}

void CublasLt::settle(const ProductUse& use, Served served) { settled_[use] = std::move(served); }

const Served* CublasLt::serving(const ProductUse& use) const {
  const auto found = settled_.find(use);
  return found == settled_.end() ? nullptr : &found->second;
}

void CublasLt::multiply(const ProductUse& use, const LtAlgorithm& algorithm, const ProductOperands& o,
                        cudaStream_t stream) const {
  const Description d(api_, use, o);
  const float alpha = 1.0f;
  const float beta = use.residual ? 1.0f : 0.0f;
  const int status =
      api_.matmul(handle_, d.operation, &alpha, o.w, d.w, o.x, d.x, &beta, use.residual ? o.residual : o.out,
                  d.residual, o.out, d.out, &algorithm, workspace_, workspace_ ? kWorkspaceBytes : 0, stream);
  if (status != 0) throw DeviceError("cuBLASLt: " + text_of(use, o.rows) + ": " + api_.get_status_string(status));
}

int64_t rows_of_sums(int64_t n) {
  const int64_t rows = static_cast<int64_t>(kSumBytes / sizeof(float)) / stride_of_sums(n) / kRowBucket * kRowBucket;
  return std::max(rows, kRowBucket);
}

size_t bytes_of_sums(int64_t widest) {
  return std::max(kSumBytes, static_cast<size_t>(kRowBucket * stride_of_sums(widest)) * sizeof(float));
}

}  // namespace llava::cuda

std::string llava::find_cublaslt() {
  using namespace llava::cuda;
  for (const std::string& candidate : cublaslt_search_paths()) {
    void* library = dlopen(candidate.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (!library) continue;
    const auto version = reinterpret_cast<decltype(CublasLtApi::get_version)>(dlsym(library, "cublasLtGetVersion"));
    const std::string text =
        version ? version_text(version()) + " (" + file_of(reinterpret_cast<void*>(version)) + ")" : "";
    dlclose(library);
    if (version) return text;
  }
  return "";
}
