// A stand-in for cuBLASLt on the emulated GPU: a shared library with the same entry points, plain loops on the stream.
// It is built four times, with another RANKING of its algorithms each time:
//   libcublasLt_even.so      the first that fits keeps the promise of equal bits
//   libcublasLt_uneven.so    the first sums in another order for more than 256 rows, a later one keeps the promise
//   libcublasLt_broken.so    none keeps it
//   libcublasLt_classes.so   two for few rows, of which one has other bits, before one that needs workspace
#include <map>
#include <memory>
#include <vector>

#include "kernels/cuda/cublaslt_api.h"
#include "support/dtype.h"

using namespace llava;
using namespace llava::cuda;

namespace {

// Algorithms by number: 0 ascending k; 1 descending k above 256 rows; 2 in two parts of k and with workspace; 3 like 0,
// with workspace; 4 and 5 for at most 256 rows, ascending and descending.
enum : uint64_t { kEven, kUneven, kSplit, kRoomy, kFew, kFewBackwards };
constexpr uint64_t kFewRows = 256;
constexpr size_t kRoom = size_t{1} << 20;
constexpr uint64_t kRanking[] = {RANKING};

uint64_t calls[kFewBackwards + 1] = {};

size_t workspace_of(uint64_t algorithm) { return algorithm == kSplit || algorithm == kRoomy ? kRoom : 0; }
bool is_for_few(uint64_t algorithm) { return algorithm == kFew || algorithm == kFewBackwards; }

struct Operation {
  std::map<int, uint64_t> attributes;
};
struct Layout {
  int type;
  uint64_t rows, columns;
  int64_t leading;
};

/// Shapes fit together and leading dimensions keep 16-byte alignment.
bool fits(const Operation& o, const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
  const auto aligned = [](const Layout& m) { return m.leading * (m.type == lt::kF32 ? 4 : 2) % 16 == 0; };
  const auto attribute = [&](int which) { return o.attributes.contains(which) ? o.attributes.at(which) : 0; };
  return attribute(lt::kTransposeA) == lt::kTransposed && attribute(lt::kTransposeB) == lt::kNone && a.rows == b.rows &&
         a.columns == d.rows && b.columns == d.columns && c.rows == d.rows && c.columns == d.columns &&
         a.type == b.type && c.type == d.type && aligned(a) && aligned(b) && aligned(c) && aligned(d) &&
         (attribute(lt::kEpilogue) != lt::kBias || (attribute(lt::kBiasPointer) != 0 && a.type == d.type));
}
DType type_of(int type) { return type == lt::kF32 ? DType::f32 : type == lt::kF16 ? DType::f16 : DType::bf16; }

/// Column c of a column-major matrix, widened.
std::vector<float> column(const void* data, const Layout& m, uint64_t c) {
  std::vector<float> values(m.rows);
  for (uint64_t r = 0; r < m.rows; ++r)
    values[r] = load_float(data, type_of(m.type), static_cast<int64_t>(c) * m.leading + static_cast<int64_t>(r));
  return values;
}

}  // namespace

#define ENTRY extern "C" [[gnu::visibility("default")]]

ENTRY int cublasLtCreate(void** handle) {
  static int nothing = 0;
  *handle = &nothing;
  return 0;
}
ENTRY int cublasLtDestroy(void*) { return 0; }
ENTRY size_t cublasLtGetVersion() { return 130000; }
ENTRY const char* cublasLtGetStatusString(int status) { return status == 0 ? "success" : "not supported"; }

ENTRY int cublasLtMatmulDescCreate(void** desc, int compute, int scale) {
  *desc = new Operation;
  return compute == lt::kCompute32F && scale == lt::kF32 ? 0 : 1;
}
ENTRY int cublasLtMatmulDescDestroy(void* desc) {
  delete static_cast<Operation*>(desc);
  return 0;
}
ENTRY int cublasLtMatmulDescSetAttribute(void* desc, int attribute, const void* value, size_t bytes) {
  uint64_t& entry = static_cast<Operation*>(desc)->attributes[attribute];
  if (bytes != (attribute == lt::kBiasPointer ? 8u : 4u)) return 1;
  std::memcpy(&entry, value, bytes);
  return 0;
}
ENTRY int cublasLtMatrixLayoutCreate(void** layout, int type, uint64_t rows, uint64_t columns, int64_t leading) {
  *layout = new Layout{type, rows, columns, leading};
  return leading >= static_cast<int64_t>(rows) ? 0 : 1;
}
ENTRY int cublasLtMatrixLayoutDestroy(void* layout) {
  delete static_cast<Layout*>(layout);
  return 0;
}
ENTRY int cublasLtMatmulPreferenceCreate(void** preference) {
  *preference = new uint64_t(0);
  return 0;
}
ENTRY int cublasLtMatmulPreferenceDestroy(void* preference) {
  delete static_cast<uint64_t*>(preference);
  return 0;
}
ENTRY int cublasLtMatmulPreferenceSetAttribute(void* preference, int attribute, const void* value, size_t bytes) {
  if (attribute == lt::kMostWorkspace && bytes == 8) std::memcpy(preference, value, bytes);
  return bytes == (attribute == lt::kMostWorkspace ? 8u : 4u) ? 0 : 1;
}

ENTRY int cublasLtMatmulAlgoCheck(void*, void* desc, void* a, void* b, void* c, void* d, const LtAlgorithm* algorithm,
                                  LtHeuristic* result) {
  const auto layout = [](void* l) -> const Layout& { return *static_cast<const Layout*>(l); };
  const uint64_t number = algorithm->data[0];
  *result = {*algorithm, workspace_of(number), 0, 1.0f, {}};
  if (is_for_few(number) && layout(b).columns > kFewRows) return 15;
  return fits(*static_cast<Operation*>(desc), layout(a), layout(b), layout(c), layout(d)) ? 0 : 15;
}
ENTRY int cublasLtMatmulAlgoGetHeuristic(void* handle, void* desc, void* a, void* b, void* c, void* d, void* preference,
                                         int most, LtHeuristic* results, int* found) {
  *found = 0;
  for (const uint64_t number : kRanking) {
    if (*found == most) break;
    if (workspace_of(number) > *static_cast<uint64_t*>(preference)) continue;
    const LtAlgorithm algorithm = {{number}};
    results[*found].status = cublasLtMatmulAlgoCheck(handle, desc, a, b, c, d, &algorithm, &results[*found]);
    ++*found;
  }
  return 0;
}
ENTRY int cublasLtMatmulAlgoConfigGetAttribute(const LtAlgorithm* algorithm, int attribute, void* value, size_t bytes,
                                               size_t* written) {
  const int32_t found = attribute == lt::kSplitK ? (algorithm->data[0] == kSplit ? 2 : 1) : 0;
  if (bytes != sizeof(found)) return 1;
  std::memcpy(value, &found, sizeof(found));
  *written = sizeof(found);
  return 0;
}

ENTRY int cublasLtMatmul(void*, void* desc, const void* alpha, const void* a, void* a_layout, const void* b,
                         void* b_layout, const void* beta, const void* c, void* c_layout, void* d, void* d_layout,
                         const LtAlgorithm* algorithm, void* workspace, size_t workspace_bytes, cudaStream_t stream) {
  const Operation operation = *static_cast<Operation*>(desc);
  const Layout la = *static_cast<Layout*>(a_layout), lb = *static_cast<Layout*>(b_layout),
               lc = *static_cast<Layout*>(c_layout), ld = *static_cast<Layout*>(d_layout);
  const float scale = *static_cast<const float*>(alpha), added = *static_cast<const float*>(beta);
  const uint64_t number = algorithm->data[0];
  const bool descending = number == kFewBackwards || (number == kUneven && lb.columns > kFewRows);
  const size_t room = workspace_of(number);
  if (!fits(operation, la, lb, lc, ld) || number == kSplit || room > workspace_bytes || scale != 1.0f) return 15;
  if (is_for_few(number) && lb.columns > kFewRows) return 15;
  ++calls[number];
  const void* bias = operation.attributes.contains(lt::kBiasPointer)
                         ? reinterpret_cast<const void*>(operation.attributes.at(lt::kBiasPointer))
                         : nullptr;
  auto work = [=] {
    if (room > 0) std::memset(workspace, 0x5a, room);
    std::vector<std::vector<float>> weights;
    for (uint64_t n = 0; n < la.columns; ++n) weights.push_back(column(a, la, n));
    for (uint64_t m = 0; m < lb.columns; ++m) {
      const std::vector<float> x = column(b, lb, m);
      for (uint64_t n = 0; n < la.columns; ++n) {
        float sum = 0.0f;
        for (uint64_t k = 0; k < la.rows; ++k) {
          const uint64_t at = descending ? la.rows - 1 - k : k;
          sum += x[at] * weights[n][at];
        }
        const auto place = [&](const Layout& l) {
          return static_cast<int64_t>(m) * l.leading + static_cast<int64_t>(n);
        };
        if (bias) sum += load_float(bias, type_of(ld.type), static_cast<int64_t>(n));
        if (added != 0.0f) sum += added * load_float(c, type_of(lc.type), place(lc));
        store_float(d, type_of(ld.type), place(ld), sum);
      }
    }
  };
  using Work = decltype(work);
  const auto run_once = [](void* data) {  // steps that are captured and run again have no products of this library
    const std::unique_ptr<Work> work(static_cast<Work*>(data));
    (*work)();
  };
  return cudaLaunchHostFunc(stream, run_once, new Work(std::move(work))) == cudaSuccess ? 0 : 14;
}

/// For tests: how often an algorithm was called.
ENTRY uint64_t standInCalls(uint64_t number) { return calls[number]; }
