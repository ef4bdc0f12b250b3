#include "models/fields.h"

#include <algorithm>

#include "support/error.h"

namespace llava {

namespace {

bool is_unset(const Json& value) {
  switch (value.kind()) {
    case Json::Kind::null: return true;
    case Json::Kind::boolean: return !*value.boolean();
    case Json::Kind::string: return value.string()->empty();
    case Json::Kind::array: return value.items().empty();
    case Json::Kind::object: return value.members().empty();
    case Json::Kind::number: return false;
  }
  return false;
}

std::string shown(double value) { return Json::of(value).dump(); }

}  // namespace

void Fields::wrong(const std::string& key, const std::string& expected) const {
  const Json* value = json_.find(key);
  std::string text = value != nullptr ? value->dump() : "nothing";
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  throw Error(key + " is " + text + ", expected " + expected, where_, "Correct the file or download it again.");
}

const Json* Fields::any(const std::string& key) {
  read_.insert(key);
  const Json* value = json_.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

int64_t Fields::integer(const std::string& key, int64_t fallback, int64_t least, int64_t most) {
  const Json* value = any(key);
  if (value == nullptr) return fallback;
  const auto number = value->integer();
  if (!number || *number < least || *number > most) {
    wrong(key, "an integer from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return *number;
}

std::vector<int64_t> Fields::integers(const std::string& key, int64_t least, int64_t most) {
  const Json* value = any(key);
  if (value == nullptr) return {};
  std::vector<int64_t> out;
  const auto take = [&](const Json& item) {
    const auto number = item.integer();
    const bool fits = number && *number >= least && *number <= most;
    if (fits) out.push_back(*number);
    return fits;
  };
  const bool good =
      value->is_array() ? !value->items().empty() && std::ranges::all_of(value->items(), take) : take(*value);
  if (!good)
    wrong(key, "an integer from " + std::to_string(least) + " to " + std::to_string(most) + ", or a list of them");
  return out;
}

const Json* Fields::object(const std::string& key) {
  const Json* value = any(key);
  if (value != nullptr && !value->is_object()) wrong(key, "an object");
  return value;
}

double Fields::number(const std::string& key, double fallback, double least, double most) {
  const Json* value = any(key);
  if (value == nullptr) return fallback;
  const auto number = value->number();
  if (!number || !(*number >= least) || !(*number <= most)) {
    wrong(key, "a number from " + shown(least) + " to " + shown(most));
  }
  return *number;
}

bool Fields::boolean(const std::string& key, bool fallback) {
  const Json* value = any(key);
  if (value == nullptr) return fallback;
  const auto boolean = value->boolean();
  if (!boolean) wrong(key, "true or false");
  return *boolean;
}

std::string Fields::string(const std::string& key, const std::string& fallback) {
  const Json* value = any(key);
  if (value == nullptr) return fallback;
  const std::string* text = value->string();
  if (text == nullptr) wrong(key, "a string");
  return *text;
}

void Fields::ignore(std::span<const char* const> keys) {
  for (const char* key : keys) {
    read_.insert(key);
    const Json* value = json_.find(key);
    if (value != nullptr && !is_unset(*value)) ignored_.push_back(key);
  }
}

std::vector<std::string> Fields::unread() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : json_.members()) {
    if (read_.count(key) == 0 && !is_unset(value)) names.push_back(key);
  }
  return names;
}

}  // namespace llava
