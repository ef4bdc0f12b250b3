#include "ops/paged.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace llava::test {

namespace {

constexpr int64_t kPositions = 3000;

int64_t pages_for(int64_t tokens) { return (tokens + kPageTokens - 1) / kPageTokens; }

/// Tables of several requests, padded with an impossible page.
std::vector<int32_t> page_table(const std::vector<const Request*>& requests, int32_t& stride) {
  stride = 1;
  for (const Request* r : requests) stride = std::max(stride, static_cast<int32_t>(r->pages.size()));
  std::vector<int32_t> table(requests.size() * static_cast<size_t>(stride), INT32_MAX);
  for (size_t i = 0; i < requests.size(); ++i) {
    std::copy(requests[i]->pages.begin(), requests[i]->pages.end(),
              table.begin() + static_cast<std::ptrdiff_t>(i) * stride);
  }
  return table;
}

}  // namespace

AttentionShape Shape::attention() const {
  return {heads, kv_heads, size, 1.0f / std::sqrt(static_cast<float>(size)), window};
}

std::string Shape::text() const {
  return std::to_string(heads) + "/" + std::to_string(kv_heads) + " heads of " + std::to_string(size) + ", window " +
         std::to_string(window);
}

Paged::Paged(Fixture& fixture, const Shape& shape, DType type, int32_t pages)
    : f_(fixture), shape_(shape), type_(type) {
  const size_t bytes =
      static_cast<size_t>(pages) * static_cast<size_t>(shape.kv_heads * kPageTokens * shape.size) * size_of(type);
  const std::vector<char> poison(bytes, static_cast<char>(0xff));
  for (Buffer* buffer : {&subject_keys_, &subject_values_}) *buffer = f_.bytes(poison.data(), bytes);
  for (Buffer* buffer : {&oracle_keys_, &oracle_values_}) {
    *buffer = f_.oracle().allocate(bytes);
    std::memcpy(buffer->data(), poison.data(), bytes);
  }
  subject_ = {subject_keys_.data(), subject_values_.data(), type, pages, shape.kv_heads, shape.size};
  oracle_ = {oracle_keys_.data(), oracle_values_.data(), type, pages, shape.kv_heads, shape.size};
  std::vector<float> cos, sin;
  for (int64_t p = 0; p < kPositions; ++p) {
    for (int64_t i = 0; i < shape.size / 2; ++i) {
      const double angle = static_cast<double>(p) * std::pow(10000.0, -2.0 * static_cast<double>(i) / shape.size);
      cos.push_back(static_cast<float>(std::cos(angle)));
      sin.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  cos_ = f_.from(cos, kPositions, shape.size / 2, type);
  sin_ = f_.from(sin, kPositions, shape.size / 2, type);
  for (int32_t p = 0; p < pages; ++p) free_.push_back(p);
}

int32_t Paged::free_page() {
  const auto pick = static_cast<size_t>(f_.below(static_cast<int64_t>(free_.size())));
  const int32_t page = free_.at(pick);
  free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(pick));
  return page;
}

Request Paged::request(int64_t length, const std::vector<int32_t>& shared) {
  Request request{length, shared};
  while (static_cast<int64_t>(request.pages.size()) < pages_for(length)) request.pages.push_back(free_page());
  return request;
}

void Paged::write(const Request& request, int64_t first, int64_t end, const Twin& q, const Twin& k, const Twin& v) {
  std::vector<int32_t> positions, slots;
  for (int64_t p = first; p < end; ++p) {
    positions.push_back(static_cast<int32_t>(p));
    slots.push_back(request.pages.at(static_cast<size_t>(p / kPageTokens)) * kPageTokens +
                    static_cast<int32_t>(p % kPageTokens));
  }
  const Buffer positions_device = f_.indices(positions);
  const Buffer slots_device = f_.indices(slots);
  f_.subject().rope_write_kv(q.subject, k.subject, v.subject, positions_device.as<int32_t>(),
                             slots_device.as<int32_t>(), cos_.subject, sin_.subject, shape_.attention(), subject_);
  f_.oracle().rope_write_kv(q.oracle, k.oracle, v.oracle, positions.data(), slots.data(), cos_.oracle, sin_.oracle,
                            shape_.attention(), oracle_);
  f_.subject().synchronize();
}

void Paged::fill(const Request& request, int64_t first, int64_t end) {
  const int64_t rows = end - first;
  const Twin q = f_.random(rows, q_cols(), type_);
  const Twin k = f_.random(rows, kv_cols(), type_);
  const Twin v = f_.random(rows, kv_cols(), type_);
  write(request, first, end, q, k, v);
}

Request Paged::moved(const Request& request) {
  Request copy{request.length, {}};
  std::vector<int32_t> pairs;
  for (const int32_t page : request.pages) {
    copy.pages.push_back(free_page());
    pairs.push_back(page);
    pairs.push_back(copy.pages.back());
  }
  const Buffer pairs_device = f_.indices(pairs);
  const auto count = static_cast<int64_t>(request.pages.size());
  f_.subject().copy_pages(subject_, pairs_device.as<int32_t>(), count);
  f_.oracle().copy_pages(oracle_, pairs.data(), count);
  f_.subject().synchronize();
  return copy;
}

void Paged::compare(const std::string& what) {
  const std::pair<const Buffer*, const Buffer*> both[] = {{&subject_keys_, &oracle_keys_},
                                                          {&subject_values_, &oracle_values_}};
  bool equal = true;
  for (const auto& [subject, oracle] : both) {
    std::vector<char> host(subject->bytes());
    f_.subject().download(host.data(), subject->data(), host.size());
    f_.subject().synchronize();
    for (size_t i = 0; i < host.size() / size_of(type_); ++i) {
      const float got = load_float(host.data(), type_, static_cast<int64_t>(i));
      const float want = load_float(oracle->data(), type_, static_cast<int64_t>(i));
      const float tolerance = type_ == DType::f32 ? 1e-5f : type_ == DType::bf16 ? 0.02f : 2e-3f;
      equal = equal &&
              ((std::isnan(got) && std::isnan(want)) || std::fabs(got - want) <= tolerance + 0.01f * std::fabs(want));
    }
    std::memcpy(oracle->data(), host.data(), host.size());
  }
  f_.expect("rope_write_kv and copy_pages: " + what, equal);
}

PrefillCall::PrefillCall(Fixture& f, const std::vector<PrefillPiece>& pieces) {
  std::vector<const Request*> requests;
  row_start_.push_back(0);
  for (const PrefillPiece& piece : pieces) {
    requests.push_back(piece.request);
    const auto rows = static_cast<int32_t>(piece.end - piece.first);
    row_start_.push_back(row_start_.back() + rows);
    position_start_.push_back(static_cast<int32_t>(piece.first));
    oracle_.longest_rows = std::max(oracle_.longest_rows, rows);
    oracle_.longest_kv = std::max(oracle_.longest_kv, static_cast<int32_t>(piece.end));
  }
  table_ = page_table(requests, oracle_.page_stride);
  oracle_.sequences = static_cast<int32_t>(pieces.size());
  oracle_.rows = row_start_.back();
  oracle_.row_start = oracle_.host_row_start = row_start_.data();
  oracle_.position_start = oracle_.host_position_start = position_start_.data();
  oracle_.page_table = table_.data();
  subject_ = oracle_;
  row_start_device_ = f.indices(row_start_);
  position_start_device_ = f.indices(position_start_);
  table_device_ = f.indices(table_);
  subject_.row_start = row_start_device_.as<int32_t>();
  subject_.position_start = position_start_device_.as<int32_t>();
  subject_.page_table = table_device_.as<int32_t>();
}

DecodeCall::DecodeCall(Fixture& f, const std::vector<const Request*>& requests,
                       const std::vector<std::pair<int32_t, int32_t>>& groups) {
  for (const Request* r : requests) {
    length_.push_back(static_cast<int32_t>(r->length));
    oracle_.longest_kv = std::max(oracle_.longest_kv, length_.back());
  }
  table_ = page_table(requests, oracle_.page_stride);
  group_start_.push_back(0);
  for (const auto& [rows, shared] : groups) {
    group_start_.push_back(group_start_.back() + rows);
    group_shared_.push_back(shared);
  }
  if (groups.empty()) {
    for (size_t i = 0; i < requests.size(); ++i) {
      group_start_.push_back(static_cast<int32_t>(i + 1));
      group_shared_.push_back(0);
    }
  }
  oracle_.sequences = static_cast<int32_t>(requests.size());
  oracle_.kv_length = length_.data();
  oracle_.page_table = table_.data();
  oracle_.groups = static_cast<int32_t>(group_shared_.size());
  oracle_.group_start = group_start_.data();
  oracle_.group_shared_tokens = group_shared_.data();
  subject_ = oracle_;
  length_device_ = f.indices(length_);
  table_device_ = f.indices(table_);
  group_start_device_ = f.indices(group_start_);
  group_shared_device_ = f.indices(group_shared_);
  subject_.kv_length = length_device_.as<int32_t>();
  subject_.page_table = table_device_.as<int32_t>();
  subject_.group_start = group_start_device_.as<int32_t>();
  subject_.group_shared_tokens = group_shared_device_.as<int32_t>();
}

}  // namespace llava::test
