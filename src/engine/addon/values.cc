#include "addon/values.h"

#include <cmath>
#include <cstring>

namespace llava {

Napi::Value to_js(Napi::Env env, const Json& json) {
  switch (json.kind()) {
    case Json::Kind::null: return env.Null();
    case Json::Kind::boolean: return Napi::Boolean::New(env, *json.boolean());
    case Json::Kind::number: return Napi::Number::New(env, *json.number());
    case Json::Kind::string: return Napi::String::New(env, *json.string());
    case Json::Kind::array: {
      Napi::Array array = Napi::Array::New(env, json.items().size());
      for (uint32_t i = 0; i < json.items().size(); ++i) array.Set(i, to_js(env, json.items()[i]));
      return array;
    }
    case Json::Kind::object: {
      Napi::Object object = Napi::Object::New(env);
      for (const auto& [key, value] : json.members()) object.Set(key, to_js(env, value));
      return object;
    }
  }
  return env.Undefined();
}

Napi::Int32Array int32_array(Napi::Env env, std::span<const int32_t> values) {
  Napi::Int32Array array = Napi::Int32Array::New(env, values.size());
  if (!values.empty()) std::memcpy(array.Data(), values.data(), values.size_bytes());
  return array;
}

Napi::Float32Array float32_array(Napi::Env env, std::span<const float> values) {
  Napi::Float32Array array = Napi::Float32Array::New(env, values.size());
  if (!values.empty()) std::memcpy(array.Data(), values.data(), values.size_bytes());
  return array;
}

void type_error(Napi::Env env, const std::string& what) { throw Napi::TypeError::New(env, what); }

Members::Members(const Napi::Value& value) : env_(value.Env()) {
  if (!value.IsObject()) type_error(env_, "an object is expected");
  object_ = value.As<Napi::Object>();
}

std::string Members::string(const char* key, const std::string& fallback) const {
  const Napi::Value value = object_.Get(key);
  if (value.IsUndefined() || value.IsNull()) return fallback;
  if (!value.IsString()) type_error(env_, std::string(key) + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

bool Members::boolean(const char* key, bool fallback) const {
  const Napi::Value value = object_.Get(key);
  if (value.IsUndefined() || value.IsNull()) return fallback;
  if (!value.IsBoolean()) type_error(env_, std::string(key) + " must be a boolean");
  return value.As<Napi::Boolean>().Value();
}

double Members::number(const char* key, double fallback) const {
  const Napi::Value value = object_.Get(key);
  if (value.IsUndefined() || value.IsNull()) return fallback;
  if (!value.IsNumber()) type_error(env_, std::string(key) + " must be a number");
  return value.As<Napi::Number>().DoubleValue();
}

int64_t Members::integer(const char* key, int64_t fallback) const {
  const double value = number(key, static_cast<double>(fallback));
  if (!(std::trunc(value) == value && std::fabs(value) <= 0x1p53))
    type_error(env_, std::string(key) + " must be an integer");
  return static_cast<int64_t>(value);
}

std::vector<int32_t> Members::ids(const char* key) const {
  const Napi::Value value = object_.Get(key);
  return value.IsUndefined() || value.IsNull() ? std::vector<int32_t>() : ids_of(value, key);
}

std::vector<int32_t> Members::ids_of(const Napi::Value& value, const char* key) {
  std::vector<int32_t> out;
  if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_int32_array) {
    const auto array = value.As<Napi::Int32Array>();
    out.assign(array.Data(), array.Data() + array.ElementLength());
  } else if (value.IsArray()) {
    const auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); ++i) {
      const Napi::Value item = array.Get(i);
      const double number = item.IsNumber() ? item.As<Napi::Number>().DoubleValue() : NAN;
      if (!(std::trunc(number) == number && std::fabs(number) < 0x1p31))
        type_error(value.Env(), std::string(key) + " must hold integers");
      out.push_back(static_cast<int32_t>(number));
    }
  } else {
    type_error(value.Env(), std::string(key) + " must be an Int32Array or an array of integers");
  }
  return out;
}

}  // namespace llava
