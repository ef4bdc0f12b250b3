#include "addon/errors.h"

namespace llava {

Napi::Error coded_error(Napi::Env env, const std::string& code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

Napi::Error input_error(Napi::Env env, const std::string& problem, const std::string& where, const std::string& fix) {
  Napi::Error error = coded_error(env, "INPUT", problem);
  error.Set("where", Napi::String::New(env, where));
  error.Set("fix", Napi::String::New(env, fix));
  return error;
}

Napi::Error Caught::to_js(Napi::Env env) const {
  return code == "INPUT" ? input_error(env, problem, where, fix) : coded_error(env, code, problem);
}

}  // namespace llava
