#pragma once

// A paged cache with random pages, alike on subject and oracle, for the tests of attention.

#include "ops/fixture.h"

namespace llava::test {

struct Shape {
  int32_t heads, kv_heads, size, window;

  AttentionShape attention() const;
  std::string text() const;
};

/// One request: tokens 0 .. length - 1 at `pages`.
struct Request {
  int64_t length = 0;
  std::vector<int32_t> pages;
};

class Paged {
 public:
  /// Room for `pages` pages, all NaN.
  Paged(Fixture& fixture, const Shape& shape, DType type, int32_t pages);

  /// A request of `length` tokens on random free pages, except the first shared.size() pages.
  Request request(int64_t length, const std::vector<int32_t>& shared = {});
  /// Tokens [first, end) of the request: rotates q and k, writes k and v. q, k, v [end - first rows].
  void write(const Request& request, int64_t first, int64_t end, const Twin& q, const Twin& k, const Twin& v);
  /// Random keys and values at [first, end) (by write()).
  void fill(const Request& request, int64_t first, int64_t end);
  /// Copies the request's keys and values to other free pages.
  Request moved(const Request& request);

  /// Compares keys and values; then the oracle takes over the subject's, so that attention sees the same numbers.
  void compare(const std::string& what);

  const KvLayer& subject() const { return subject_; }
  const KvLayer& oracle() const { return oracle_; }
  const Shape& shape() const { return shape_; }
  DType type() const { return type_; }
  int64_t q_cols() const { return int64_t{shape_.heads} * shape_.size; }
  int64_t kv_cols() const { return int64_t{shape_.kv_heads} * shape_.size; }

 private:
  int32_t free_page();

  Fixture& f_;
  Shape shape_;
  DType type_;
  KvLayer subject_, oracle_;
  Buffer subject_keys_, subject_values_, oracle_keys_, oracle_values_;
  Twin cos_, sin_;
  std::vector<int32_t> free_;
};

/// A prefill call over pieces of requests.
struct PrefillPiece {
  const Request* request;
  int64_t first, end;
};

class PrefillCall {
 public:
  PrefillCall(Fixture& fixture, const std::vector<PrefillPiece>& pieces);
  const PrefillBatch& subject() const { return subject_; }
  const PrefillBatch& oracle() const { return oracle_; }

 private:
  std::vector<int32_t> row_start_, position_start_, table_;
  Buffer row_start_device_, position_start_device_, table_device_;
  PrefillBatch subject_, oracle_;
};

/// A decode call: the newest token of each request. groups: sizes in order, with the tokens they share; empty = none
/// given as groups of one.
class DecodeCall {
 public:
  DecodeCall(Fixture& fixture, const std::vector<const Request*>& requests,
             const std::vector<std::pair<int32_t, int32_t>>& groups);
  const DecodeBatch& subject() const { return subject_; }
  const DecodeBatch& oracle() const { return oracle_; }

 private:
  std::vector<int32_t> length_, table_, group_start_, group_shared_;
  Buffer length_device_, table_device_, group_start_device_, group_shared_device_;
  DecodeBatch subject_, oracle_;
};

}  // namespace llava::test
