#pragma once

#include <napi.h>

#include <memory>
#include <unordered_map>

#include "addon/mailbox.h"
#include "runtime/engine.h"

namespace llava {

/// The JavaScript class Engine around one engine. Everything in it belongs to the JavaScript thread; what the engine's
/// thread has to say comes through the mailbox.
class EngineClass : public Napi::ObjectWrap<EngineClass> {
 public:
  static Napi::Function define(Napi::Env env);

  /// Takes one External of a std::shared_ptr<Engine>: JavaScript cannot construct engines, open() does.
  explicit EngineClass(const Napi::CallbackInfo& info);
  ~EngineClass() override;

 private:
  struct Pending {
    explicit Pending(Napi::Env env) : deferred(Napi::Promise::Deferred::New(env)) {}
    Napi::Promise::Deferred deferred;
    Napi::FunctionReference on_tokens;
  };

  Napi::Value generate(const Napi::CallbackInfo& info) { return start(info, false); }
  Napi::Value loglikelihood(const Napi::CallbackInfo& info) { return start(info, true); }
  void abort(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Napi::Value image_tokens(const Napi::CallbackInfo& info);
  Napi::Value tiles(const Napi::CallbackInfo& info);
  Napi::Value statistics(const Napi::CallbackInfo& info);
  Napi::Value description(const Napi::CallbackInfo& info);
  Napi::Value fingerprint(const Napi::CallbackInfo& info);
  Napi::Value concurrency(const Napi::CallbackInfo& info);
  Napi::Value max_context(const Napi::CallbackInfo& info);

  Napi::Value start(const Napi::CallbackInfo& info, bool likelihood);
  /// Streams new ids to the request's callback; false from it ends the answer, an exception fails the request.
  void deliver_tokens(Napi::Env env, uint64_t id, const std::vector<int32_t>& ids);
  /// Ends a pending request by act(pending); nothing when it has ended already.
  template <typename Act>
  void settle(Napi::Env env, uint64_t id, Act act);
  /// Throws CLOSED after close().
  Engine& open(Napi::Env env);

  std::shared_ptr<Engine> engine_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_map<uint64_t, std::unique_ptr<Pending>> pending_;
  bool closing_ = false;
  Napi::ObjectReference close_promise_;
};

}  // namespace llava
