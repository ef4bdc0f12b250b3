#pragma once

// Every op of a back end against the oracle: the same numbers on both, outputs poisoned before and guarded around.

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "kernels/ops.h"

namespace llava::test {

struct Outcome {
  int64_t passed = 0;
  int64_t failed = 0;
};

/// A matrix with room around it: `front` elements before every row's first column and `back` after its last.
struct Room {
  int64_t front = 0;
  int64_t back = 0;
};

/// One matrix, alike on the subject and on the oracle.
struct Twin {
  Buffer subject_buffer;
  Buffer oracle_buffer;
  View subject;
  View oracle;
  int64_t total_rows = 0;  // rows of the buffers, at least `rows`
};

class Fixture {
 public:
  /// `subject` is tested; messages of failures go to `log`.
  Fixture(Ops& subject, std::ostream& log, int64_t every = 1);

  Ops& subject() { return subject_; }
  Ops& oracle() { return *oracle_; }
  const Outcome& outcome() const { return outcome_; }
  /// Asked before each of many checks that are alike: every Nth is made. All, but under the race detector.
  bool takes() { return checks_++ % every_ == 0; }

  /// Values from a normal distribution times `scale`, rounded to `type`.
  Twin random(int64_t rows, int64_t cols, DType type, float scale = 1.0f, Room room = {}, Phase phase = Phase::prefill);
  /// NaN everywhere, to be written.
  Twin poisoned(int64_t rows, int64_t cols, DType type, Room room = {}, Phase phase = Phase::prefill);
  /// Given values.
  Twin from(const std::vector<float>& values, int64_t rows, int64_t cols, DType type);
  /// A device copy of indices on the subject (the oracle reads `values` itself).
  Buffer indices(const std::vector<int32_t>& values);
  Buffer bytes(const void* data, size_t size);

  std::vector<float> floats(int64_t count, float scale = 1.0f);
  int64_t below(int64_t end);

  /// What the subject holds.
  std::vector<float> read(const Twin& twin);
  std::vector<int32_t> read_indices(const Buffer& buffer, int64_t count);

  /// Subject and oracle agree within one rounding of the type plus `tolerance` (absolute), and nothing outside
  /// the matrix was written.
  void expect_equal(const std::string& what, const Twin& twin, float tolerance);
  void expect(const std::string& what, bool holds);

 private:
  Twin make(int64_t rows, int64_t cols, DType type, Room room, Phase phase,
            const std::function<float(int64_t, int64_t)>& value);

  Ops& subject_;
  std::ostream& log_;
  std::unique_ptr<Ops> oracle_;
  std::mt19937_64 random_{20};
  int64_t every_;
  int64_t checks_ = 0;
  Outcome outcome_;
};

/// A host matrix as a checkpoint would hold it.
struct HostMatrix {
  HostMatrix(Fixture& fixture, std::vector<int64_t> shape, DType type, float scale);
  HostMatrix(const std::vector<float>& values, std::vector<int64_t> shape, DType type);
  HostTensor tensor;

 private:
  std::vector<char> data_;
};

void test_linear(Fixture& fixture);
void test_quantised_linear(Fixture& fixture);
/// The stand-ins for cuBLASLt, which the build for an emulated GPU has beside the program: who serves a product, and
/// that the choice keeps the promise of equal bits.
void test_cublaslt(Fixture& fixture);
bool has_cublaslt_stand_ins();
void test_rows(Fixture& fixture);
void test_vision(Fixture& fixture);
void test_attention(Fixture& fixture);
void test_logits(Fixture& fixture);
void test_pixels(Fixture& fixture);

/// The promise of ops.h: the bits of a row alone, in any batch, chunk, group, on any pages.
void test_invariance(Fixture& fixture);

/// The suites above by name, in order: linear, quantised, rows, vision, attention, logits, pixels, invariance; cublaslt
/// with an emulated GPU.
const std::vector<std::string>& suite_names();

/// The named suites on one back end, of many alike checks every Nth. Throws nothing: an exception is a failure of its suite. Returns the counts.
Outcome test_ops(Ops& subject, const std::vector<std::string>& suites, std::ostream& log, int64_t every = 1);

/// Equal bits of every op from two back ends of the same instruction set (other thread counts).
Outcome test_same_bits(Ops& one, Ops& other, std::ostream& log);

}  // namespace llava::test
