// JavaScript values and ours.
#pragma once

#include <napi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/json.h"

namespace llava {

Napi::Value to_js(Napi::Env env, const Json& json);
Napi::Int32Array int32_array(Napi::Env env, std::span<const int32_t> values);
Napi::Float32Array float32_array(Napi::Env env, std::span<const float> values);

[[noreturn]] void type_error(Napi::Env env, const std::string& what);

/// Members of an options object; absent, null and undefined give the fallback, another type throws TypeError.
class Members {
 public:
  explicit Members(const Napi::Value& value);
  Napi::Value any(const char* key) const { return object_.Get(key); }
  std::string string(const char* key, const std::string& fallback) const;
  bool boolean(const char* key, bool fallback) const;
  double number(const char* key, double fallback) const;
  /// A number without a fraction, at most 2^53 in size.
  int64_t integer(const char* key, int64_t fallback) const;
  /// An Int32Array or an array of integers; empty when absent.
  std::vector<int32_t> ids(const char* key) const;
  /// The same of a value; `key` names it in the error.
  static std::vector<int32_t> ids_of(const Napi::Value& value, const char* key);

 private:
  Napi::Env env_;
  Napi::Object object_;
};

}  // namespace llava
