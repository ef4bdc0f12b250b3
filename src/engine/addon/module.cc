// The engine for Node: the surface that src/runners/local/native.ts types by hand.
//
// Threads. The engine has its own; results reach the event loop through one thread-safe function per engine. Loading,
// describing and closing run on libuv's pool, so the event loop never blocks.

#include <napi.h>

#include "addon/engine_class.h"
#include "addon/errors.h"
#include "addon/options.h"
#include "addon/values.h"
#include "runtime/describe.h"

namespace llava {

namespace {

constexpr const char* kVersion = "1";
// Raised with `surface` in src/runners/local/addon.ts when what JavaScript sees changes.
constexpr int32_t kSurface = 4;

struct ModuleData {
  Napi::FunctionReference engine_class;
};

struct LoadProgress {
  int64_t done;
  int64_t total;
};

class OpenWorker : public Napi::AsyncProgressWorker<LoadProgress> {
 public:
  OpenWorker(Napi::Env env, EngineOptions options, Napi::Promise::Deferred deferred,
             Napi::FunctionReference on_progress)
      : Napi::AsyncProgressWorker<LoadProgress>(env),
        options_(std::move(options)),
        deferred_(deferred),
        on_progress_(std::move(on_progress)) {}

  void Execute(const ExecutionProgress& progress) override {
    caught_ = Caught::from([&] {
      int64_t reported = 0;
      engine_ = std::make_shared<Engine>(options_, [&](int64_t done, int64_t total) {
        if (done < total && done - reported < total / 100) return;
        reported = done;
        const LoadProgress now{done, total};
        progress.Send(&now, 1);
      });
    });
  }
  void OnProgress(const LoadProgress* progress, size_t count) override {
    if (on_progress_.IsEmpty() || count == 0) return;
    const LoadProgress& now = progress[count - 1];
    on_progress_.Call({Napi::Number::New(Env(), static_cast<double>(now.done)),
                       Napi::Number::New(Env(), static_cast<double>(now.total))});
  }
  void OnOK() override {
    const Napi::Env env = Env();
    if (caught_) {
      deferred_.Reject(caught_->to_js(env).Value());
      return;
    }
    try {
      auto* data = env.GetInstanceData<ModuleData>();
      deferred_.Resolve(data->engine_class.New({Napi::External<std::shared_ptr<Engine>>::New(env, &engine_)}));
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    }
  }

 private:
  EngineOptions options_;
  Napi::Promise::Deferred deferred_;
  Napi::FunctionReference on_progress_;
  std::shared_ptr<Engine> engine_;
  std::unique_ptr<Caught> caught_;
};

class DescribeWorker : public Napi::AsyncWorker {
 public:
  DescribeWorker(Napi::Env env, EngineOptions options, Napi::Promise::Deferred deferred)
      : Napi::AsyncWorker(env), options_(std::move(options)), deferred_(deferred) {}
  void Execute() override {
    caught_ = Caught::from([&] { json_ = describe_checkpoint(options_); });
  }
  void OnOK() override {
    if (caught_) deferred_.Reject(caught_->to_js(Env()).Value());
    else deferred_.Resolve(to_js(Env(), json_));
  }

 private:
  EngineOptions options_;
  Napi::Promise::Deferred deferred_;
  Json json_;
  std::unique_ptr<Caught> caught_;
};

/// Reads options and starts a worker; anything wrong with them rejects.
template <typename Start>
Napi::Value with_options(const Napi::CallbackInfo& info, Start start) {
  const Napi::Env env = info.Env();
  const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  try {
    start(engine_options(info[0]), deferred);
  } catch (const Error& error) {
    deferred.Reject(input_error(env, error.problem(), error.where(), error.fix()).Value());
  } catch (const Napi::Error& error) {
    deferred.Reject(error.Value());
  }
  return deferred.Promise();
}

Napi::Value open_engine(const Napi::CallbackInfo& info) {
  return with_options(info, [&](EngineOptions options, const Napi::Promise::Deferred& deferred) {
    Napi::FunctionReference on_progress;
    if (info[1].IsFunction()) on_progress = Napi::Persistent(info[1].As<Napi::Function>());
    (new OpenWorker(info.Env(), std::move(options), deferred, std::move(on_progress)))->Queue();
  });
}

Napi::Value describe(const Napi::CallbackInfo& info) {
  return with_options(info, [&](EngineOptions options, const Napi::Promise::Deferred& deferred) {
    (new DescribeWorker(info.Env(), std::move(options), deferred))->Queue();
  });
}

Napi::Value devices(const Napi::CallbackInfo& info) {
  try {
    return to_js(info.Env(), describe_devices());
  } catch (const std::exception& error) {
    throw coded_error(info.Env(), "DEVICE", error.what());
  }
}

Napi::Value cuda(const Napi::CallbackInfo& info) { return to_js(info.Env(), describe_cuda()); }

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* data = new ModuleData;
  data->engine_class = Napi::Persistent(EngineClass::define(env));
  env.SetInstanceData(data);
  exports.Set("version", kVersion);
  exports.Set("surface", kSurface);
#ifdef LLAVA_CUDA
  exports.Set("hasCuda", Napi::Boolean::New(env, true));
#else
  exports.Set("hasCuda", Napi::Boolean::New(env, false));
#endif
  exports.Set("devices", Napi::Function::New<devices>(env, "devices"));
  exports.Set("cuda", Napi::Function::New<cuda>(env, "cuda"));
  exports.Set("describe", Napi::Function::New<describe>(env, "describe"));
  exports.Set("open", Napi::Function::New<open_engine>(env, "open"));
  return exports;
}

}  // namespace

}  // namespace llava

using llava::init;  // the macro makes a name of it
NODE_API_MODULE(llava_engine, init)
