// cuBLASLt's place in the emulated back end is taken by stand-ins (emulated_cuda/cublaslt.cc). They sum in another
// order than our own kernels, so the bits tell who computed a product.

#include <dlfcn.h>

#include <filesystem>
#include <iostream>

#include "kernels/backends.h"
#include "ops/fixture.h"

namespace llava::test {

namespace {

std::string stand_in(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / ("libcublasLt_" + name + ".so");
}

struct Sizes {
  int64_t most_rows, n, k;
  Quantisation quantisation = Quantisation::none;
};

/// Every row of three uses of one weight (plain with bias; onto itself; an activation, which passes through float32),
/// computed whole; empty when the rows of fewer rows have other bits. The same numbers for every library.
std::vector<float> products(Fixture& f, const std::string& library, const Sizes& sizes, size_t widened_bytes = 0) {
  const auto& [most_rows, n, k, quantisation] = sizes;
  OpenOptions options;
  options.cublaslt_path = library;
  if (widened_bytes > 0) options.widened_bytes = widened_bytes;
  const std::unique_ptr<Ops> ops = open_device("cuda:0", options);
  Fixture own(*ops, std::cerr);
  Limits limits;
  limits.prefill_rows = most_rows;
  limits.widest = n;
  ops->reserve(limits);
  const HostMatrix weight(own, {n, k}, DType::bf16, 0.1f);
  const HostMatrix bias(own, {n}, DType::bf16, 1.0f);
  const auto linear = ops->load_linear({std::span(&weight.tensor, 1), std::span(&bias.tensor, 1), 0, 0},
                                       {DType::bf16, quantisation, false});
  ops->finish_loading();
  const Twin x = own.random(most_rows, k, DType::bf16);
  const Twin before = own.random(most_rows, n, DType::bf16);

  const auto rows_of = [&](int64_t first, int64_t rows) {
    std::vector<float> all;
    const auto keep = [&](const Twin& out) {
      const std::vector<float> values = own.read(out);
      all.insert(all.end(), values.begin(), values.end());
    };
    const auto copy = [&](const Twin& from) {  // room for the padding, which a slice does not have
      Twin to = own.poisoned(rows, from.subject.cols, DType::bf16);
      ops->copy(to.subject.data, from.subject.slice(first, rows).data,
                static_cast<size_t>(rows * to.subject.stride) * sizeof(BFloat16));
      return to;
    };
    const Twin some = copy(x);
    const Twin plain = own.poisoned(rows, n, DType::bf16);
    ops->linear(*linear, some.subject, plain.subject, Phase::prefill);
    keep(plain);
    const Twin added = copy(before);
    ops->linear(*linear, some.subject, added.subject, Phase::prefill, Activation::none, &added.subject);
    keep(added);
    for (const DType type : {DType::bf16, DType::f32}) {
      const Twin activated = own.poisoned(rows, n, type);
      ops->linear(*linear, some.subject, activated.subject, Phase::prefill, Activation::gelu);
      keep(activated);
    }
    return all;
  };
  const std::vector<float> whole = rows_of(0, most_rows);
  for (const auto& [first, rows] : {std::pair<int64_t, int64_t>{0, 1}, {77, 129}, {most_rows - 150, 150}}) {
    const std::vector<float> part = rows_of(first, rows);
    for (int64_t use = 0; use < 4; ++use) {
      const auto from = part.begin() + use * rows * n;
      if (!std::equal(from, from + rows * n, whole.begin() + (use * most_rows + first) * n)) {
        f.expect(library + ": a row has the same bits in any bucket", false);
        return {};
      }
    }
  }
  f.expect(library + ": a row has the same bits in any bucket", true);
  return whole;
}

}  // namespace

bool has_cublaslt_stand_ins() { return std::filesystem::exists(stand_in("even")); }

void test_cublaslt(Fixture& f) {
  const Sizes sizes{512, 72, 264};
  const std::vector<float> own = products(f, "", sizes);
  const std::vector<float> even = products(f, stand_in("even"), sizes);
  f.expect("cuBLASLt serves prompts where it is found", even != own);
  f.expect("an algorithm that breaks the promise is passed over for the next",
           products(f, stand_in("uneven"), sizes) == even);
  f.expect("our own products serve where no algorithm keeps the promise",
           products(f, stand_in("broken"), sizes) == own);
  products(f, stand_in("even"), {256, 16'393, 24});  // so wide that an activation takes it in pieces

  f.expect("few rows by another algorithm have the bits of many, with workspace or without",
           products(f, stand_in("classes"), sizes) == even);
  void* const library = dlopen(stand_in("classes").c_str(), RTLD_NOW);
  const auto calls = reinterpret_cast<uint64_t (*)(uint64_t)>(dlsym(library, "standInCalls"));
  f.expect("both were called", calls(3) > 0 && calls(4) > 0);

  for (const Quantisation quantisation : {Quantisation::int8, Quantisation::fp8_e4m3}) {
    Sizes narrow{256, 300, 264, quantisation};
    const std::vector<float> widened = products(f, stand_in("even"), narrow);
    f.expect("weights of one byte are widened for cuBLASLt", widened != products(f, "", narrow));
    f.expect("in pieces they give the same bits", products(f, stand_in("even"), narrow, 1) == widened);
  }
}

}  // namespace llava::test
