#include "ops/fixture.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

#include "kernels/backends.h"

namespace llava::test {

namespace {

constexpr int64_t kGuardRows = 1;
constexpr unsigned char kPoison = 0xff;  // NaN in every float type, -1 as an index

int64_t aligned(int64_t columns, DType type) {
  const auto step = static_cast<int64_t>(16 / size_of(type));
  return (columns + step - 1) / step * step;
}

/// Distance of two neighbouring values of the type near `value`.
float step_of(DType type, float value) {
  const float magnitude = std::max(std::fabs(value), 1e-30f);
  return std::ldexp(1.0f, std::ilogb(magnitude) - (type == DType::bf16 ? 7 : type == DType::f16 ? 10 : 23));
}

/// What the suites ask of an op at most.
Limits most_asked() {
  Limits limits;
  limits.work = DType::f32;
  limits.prefill_rows = 2048;
  limits.decode_rows = limits.sequences = limits.logit_rows = 64;
  limits.context = 3000;
  limits.heads = limits.kv_heads = limits.tower_heads = 16;
  limits.head_size = limits.tower_head_size = 128;
  limits.widest = 1024;
  limits.vocabulary = 160000;
  return limits;
}

}  // namespace

Fixture::Fixture(Ops& subject, std::ostream& log, int64_t every)
    : subject_(subject), log_(log), oracle_(make_reference_ops()), every_(every) {
  subject_.reserve(most_asked());
}

Twin Fixture::make(int64_t rows, int64_t cols, DType type, Room room, Phase phase,
                   const std::function<float(int64_t, int64_t)>& value) {
  const int64_t stride = aligned(room.front, type) + aligned(cols + room.back, type);
  const int64_t offset = aligned(room.front, type);
  const int64_t total = subject_.padded_rows(rows, phase) + kGuardRows;
  const size_t bytes = static_cast<size_t>(total * stride) * size_of(type);
  std::vector<char> host(bytes, static_cast<char>(kPoison));
  if (value) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < cols; ++c) store_float(host.data(), type, r * stride + offset + c, value(r, c));
    }
  }
  Twin twin;
  twin.total_rows = total;
  twin.subject_buffer = subject_.allocate(bytes);
  twin.oracle_buffer = oracle_->allocate(bytes);
  subject_.upload(twin.subject_buffer.data(), host.data(), bytes);
  subject_.synchronize();
  std::memcpy(twin.oracle_buffer.data(), host.data(), bytes);
  const auto view = [&](const Buffer& buffer) {
    return View{buffer.as<char>() + static_cast<size_t>(offset) * size_of(type), type, rows, cols, stride};
  };
  twin.subject = view(twin.subject_buffer);
  twin.oracle = view(twin.oracle_buffer);
  return twin;
}

Twin Fixture::random(int64_t rows, int64_t cols, DType type, float scale, Room room, Phase phase) {
  std::normal_distribution<float> normal(0.0f, scale);
  return make(rows, cols, type, room, phase, [&](int64_t, int64_t) { return normal(random_); });
}

Twin Fixture::poisoned(int64_t rows, int64_t cols, DType type, Room room, Phase phase) {
  return make(rows, cols, type, room, phase, nullptr);
}

Twin Fixture::from(const std::vector<float>& values, int64_t rows, int64_t cols, DType type) {
  return make(rows, cols, type, {}, Phase::prefill,
              [&](int64_t r, int64_t c) { return values.at(static_cast<size_t>(r * cols + c)); });
}

Buffer Fixture::bytes(const void* data, size_t size) {
  Buffer buffer = subject_.allocate(size);
  subject_.upload(buffer.data(), data, size);
  subject_.synchronize();
  return buffer;
}

Buffer Fixture::indices(const std::vector<int32_t>& values) {
  return bytes(values.data(), values.size() * sizeof(int32_t));
}

std::vector<float> Fixture::floats(int64_t count, float scale) {
  std::normal_distribution<float> normal(0.0f, scale);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(random_);
  return values;
}

int64_t Fixture::below(int64_t end) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(end)); }

std::vector<float> Fixture::read(const Twin& twin) {
  std::vector<char> host(twin.subject_buffer.bytes());
  subject_.download(host.data(), twin.subject_buffer.data(), host.size());
  subject_.synchronize();
  const View& v = twin.subject;
  const auto offset = static_cast<int64_t>(static_cast<char*>(v.data) - twin.subject_buffer.as<char>()) /
                      static_cast<int64_t>(size_of(v.dtype));
  std::vector<float> values(static_cast<size_t>(v.rows * v.cols));
  for (int64_t r = 0; r < v.rows; ++r) {
    for (int64_t c = 0; c < v.cols; ++c) {
      values[static_cast<size_t>(r * v.cols + c)] = load_float(host.data(), v.dtype, offset + r * v.stride + c);
    }
  }
  return values;
}

std::vector<int32_t> Fixture::read_indices(const Buffer& buffer, int64_t count) {
  std::vector<int32_t> values(static_cast<size_t>(count));
  subject_.download(values.data(), buffer.data(), values.size() * sizeof(int32_t));
  subject_.synchronize();
  return values;
}

void Fixture::expect(const std::string& what, bool holds) {
  if (holds) {
    ++outcome_.passed;
  } else {
    ++outcome_.failed;
    log_ << "FAIL " << what << '\n';
  }
}

void Fixture::expect_equal(const std::string& what, const Twin& twin, float tolerance) {
  std::vector<char> host(twin.subject_buffer.bytes());
  subject_.download(host.data(), twin.subject_buffer.data(), host.size());
  subject_.synchronize();
  const View& v = twin.oracle;
  const auto element = static_cast<int64_t>(size_of(v.dtype));
  const auto offset = static_cast<int64_t>(static_cast<char*>(v.data) - twin.oracle_buffer.as<char>()) / element;
  for (int64_t r = 0; r < v.rows; ++r) {
    for (int64_t c = 0; c < v.cols; ++c) {
      const float got = load_float(host.data(), v.dtype, offset + r * v.stride + c);
      const float want = load_float(v.data, v.dtype, r * v.stride + c);
      if (got == want || (std::isnan(got) && std::isnan(want))) continue;
      if (!(std::fabs(got - want) <= step_of(v.dtype, want) * 1.01f + tolerance)) {
        log_ << "FAIL " << what << ": row " << r << " column " << c << " is " << got << ", the oracle says " << want
             << '\n';
        ++outcome_.failed;
        return;
      }
    }
  }
  // Between the rows, and behind the padding rows.
  const auto untouched = [&](int64_t first, int64_t end) {
    for (int64_t i = first * element; i < end * element; ++i) {
      if (static_cast<unsigned char>(host[static_cast<size_t>(i)]) != kPoison) return false;
    }
    return true;
  };
  bool clean = untouched((twin.total_rows - kGuardRows) * v.stride, twin.total_rows * v.stride);
  for (int64_t r = 0; r < v.rows; ++r) {
    clean = clean && untouched(r * v.stride, r * v.stride + offset) &&
            untouched(r * v.stride + offset + v.cols, (r + 1) * v.stride);
  }
  if (!clean) {
    log_ << "FAIL " << what << ": memory outside the matrix was written\n";
    ++outcome_.failed;
    return;
  }
  ++outcome_.passed;
}

HostMatrix::HostMatrix(Fixture& fixture, std::vector<int64_t> shape, DType type, float scale)
    : HostMatrix(fixture.floats(std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>()), scale),
                 shape, type) {}

HostMatrix::HostMatrix(const std::vector<float>& values, std::vector<int64_t> shape, DType type) {
  tensor.name = "test";
  tensor.dtype = type;
  tensor.shape = std::move(shape);
  data_.resize(tensor.bytes());
  for (int64_t i = 0; i < tensor.count(); ++i) store_float(data_.data(), type, i, values[static_cast<size_t>(i)]);
  tensor.data = data_.data();
}

namespace {

constexpr std::pair<const char*, void (*)(Fixture&)> kSuites[] = {
    {"linear", test_linear}, {"quantised", test_quantised_linear}, {"rows", test_rows},
    {"vision", test_vision}, {"attention", test_attention},        {"logits", test_logits},
    {"pixels", test_pixels}, {"invariance", test_invariance},      {"cublaslt", test_cublaslt},
};

}  // namespace

const std::vector<std::string>& suite_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, run] : kSuites) {
      if (run != test_cublaslt || has_cublaslt_stand_ins()) all.emplace_back(name);
    }
    return all;
  }();
  return names;
}

Outcome test_ops(Ops& subject, const std::vector<std::string>& suites, std::ostream& log, int64_t every) {
  Outcome outcome;
  for (const auto& [name, run] : kSuites) {
    if (std::ranges::find(suites, name) == suites.end()) continue;
    try {
      Fixture fixture(subject, log, every);
      const auto count = [&] {
        outcome.passed += fixture.outcome().passed;
        outcome.failed += fixture.outcome().failed;
      };
      try {
        run(fixture);
      } catch (...) {
        count();
        throw;
      }
      count();
    } catch (const std::exception& error) {
      log << "FAIL suite " << name << " ended early: " << error.what() << '\n';
      ++outcome.failed;
    }
  }
  return outcome;
}

}  // namespace llava::test
