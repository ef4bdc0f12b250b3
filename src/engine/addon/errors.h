#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "support/error.h"

namespace llava {

/// An Error with a `code`: INPUT, DEVICE, DEFECT, or one of a Failure's.
Napi::Error coded_error(Napi::Env env, const std::string& code, const std::string& message);

/// An INPUT error with `where` and `fix`: the user's problem.
Napi::Error input_error(Napi::Env env, const std::string& problem, const std::string& where, const std::string& fix);

/// What a worker thread caught, turned into a JavaScript error later.
struct Caught {
  std::string code, problem, where, fix;

  template <typename Work>
  static std::unique_ptr<Caught> from(Work work) {
    try {
      work();
      return nullptr;
    } catch (const Error& error) {
      return std::make_unique<Caught>(Caught{"INPUT", error.problem(), error.where(), error.fix()});
    } catch (const OutOfMemory& error) {
      return std::make_unique<Caught>(Caught{"INPUT", error.what(), "device memory",
                                             "Use a smaller model, dtype, --max-context, or more devices."});
    } catch (const std::bad_alloc&) {
      return std::make_unique<Caught>(Caught{"INPUT", "out of memory", "host memory", "Use a smaller model or dtype."});
    } catch (const DeviceError& error) {
      return std::make_unique<Caught>(Caught{"DEVICE", error.what(), "", ""});
    } catch (const std::exception& error) {
      return std::make_unique<Caught>(Caught{"DEFECT", error.what(), "", ""});
    }
  }
  Napi::Error to_js(Napi::Env env) const;
};

}  // namespace llava
