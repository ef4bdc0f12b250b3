#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "support/json.h"

namespace llava {

/// Reads the members of one config object and remembers which were asked for, so that the rest can be named.
/// Every getter returns the fallback for an absent or null member and throws Error for a wrong type or range.
class Fields {
 public:
  /// `json` outlives this. `where` names the file and object: "config.json, text_config".
  Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  int64_t integer(const std::string& key, int64_t fallback, int64_t least, int64_t most);
  double number(const std::string& key, double fallback, double least, double most);
  bool boolean(const std::string& key, bool fallback);
  std::string string(const std::string& key, const std::string& fallback);
  /// One integer, or a list of at least one; nothing when absent.
  std::vector<int64_t> integers(const std::string& key, int64_t least, int64_t most);
  /// nullptr when absent.
  const Json* object(const std::string& key);
  /// The member as it is, nullptr when absent or null.
  const Json* any(const std::string& key);
  /// Whether the key is written at all, null included (Mistral: absent differs from null).
  bool written(const std::string& key) const { return json_.find(key) != nullptr; }

  /// Marks keys as known and without influence.
  void ignore(std::span<const char* const> keys);
  /// Members nobody asked for whose value is not null, false, "", [] or {}.
  std::vector<std::string> unread() const;
  /// The known, set members among those passed to ignore.
  const std::vector<std::string>& ignored() const { return ignored_; }

  /// Throws: the member is not what was expected.
  [[noreturn]] void wrong(const std::string& key, const std::string& expected) const;

  const Json& json() const { return json_; }
  const std::string& where() const { return where_; }

 private:
  const Json& json_;
  std::string where_;
  std::set<std::string> read_;
  std::vector<std::string> ignored_;
};

}  // namespace llava
