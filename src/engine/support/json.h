#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llava {

/// A JSON document. Strict RFC 8259 (UTF-8 checked, no comments, no trailing commas), nesting at most 64 deep. As in
/// Python, the last of two equal keys wins. Accessors return nothing instead of throwing when the kind is another one.
class Json {
 public:
  enum class Kind { null, boolean, number, string, array, object };
  using Member = std::pair<std::string, Json>;

  Json() = default;
  static Json of(bool value);
  static Json of(double value);
  static Json of(int64_t value);
  static Json of(std::string value);
  static Json array_of(std::vector<Json> items);
  static Json object_of(std::vector<Member> members);

  /// @param where the file, for messages. Throws Error with the byte offset.
  static Json parse(std::string_view text, const std::string& where);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_object() const { return kind_ == Kind::object; }
  bool is_array() const { return kind_ == Kind::array; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_number() const { return kind_ == Kind::number; }
  bool is_boolean() const { return kind_ == Kind::boolean; }

  std::optional<bool> boolean() const;
  std::optional<double> number() const;
  /// A number written without fraction or exponent that fits, or a fraction-less double up to 2^53 ("1e6").
  std::optional<int64_t> integer() const;
  const std::string* string() const;
  /// Empty for anything but an array.
  const std::vector<Json>& items() const;
  /// Empty for anything but an object; in file order, duplicates included.
  const std::vector<Member>& members() const;
  /// The member, or nullptr when absent or this is no object.
  const Json* find(std::string_view key) const;

  /// Compact text; numbers as written by std::to_chars (shortest that reads back).
  std::string dump() const;

 private:
  friend class JsonParser;

  Kind kind_ = Kind::null;
  bool boolean_ = false;
  bool is_integer_ = false;
  int64_t integer_ = 0;
  double number_ = 0.0;
  std::string string_;
  std::vector<Json> items_;
  std::vector<Member> members_;
};

}  // namespace llava
