#pragma once

#include <napi.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace llava {

/// Hands tasks from the engine thread to the event loop; silent once the environment goes away.
class Mailbox {
 public:
  using Task = std::function<void(Napi::Env)>;

  explicit Mailbox(Napi::Env env) {
    function_ = Napi::ThreadSafeFunction::New(env, Napi::Function(), "llava-engine", 0, 1);
    function_.Unref(env);
  }
  void post(Task task) {
    if (dead_.load()) return;
    auto* boxed = new Task(std::move(task));
    const napi_status status = function_.NonBlockingCall(boxed, [](Napi::Env env, Napi::Function, Task* work) {
      const std::unique_ptr<Task> owned(work);
      if (static_cast<napi_env>(env) == nullptr) return;
      const Napi::HandleScope scope(env);
      (*owned)(env);
    });
    if (status != napi_ok) {
      delete boxed;
      dead_.store(true);
    }
  }
  /// Whether waiting for answers keeps the process alive.
  void hold(Napi::Env env, bool alive) {
    if (dead_.load()) return;
    if (alive) function_.Ref(env);
    else function_.Unref(env);
  }
  void release() {
    if (!dead_.exchange(true)) function_.Release();
  }

 private:
  Napi::ThreadSafeFunction function_;
  std::atomic<bool> dead_{false};
};

}  // namespace llava
