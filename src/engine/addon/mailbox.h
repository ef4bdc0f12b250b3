#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace llava {

/// Hands tasks from the engine thread to the event loop; silent once the environment goes away.
class Mailbox {
 public:
  using Task = std::function<void(Napi::Env)>;

  explicit Mailbox(Napi::Env env) : env_(env) {
    function_ = Napi::ThreadSafeFunction::New(env, Napi::Function(), "llava-engine", 0, 1);
    function_.Unref(env);
    // Hooks run last in, first out: this one before the function's own. Finalizers, where the engine is let go when
    // nobody closed it, run inside the function's end; Node 24 holds its lock meanwhile and would wait for itself.
    napi_add_env_cleanup_hook(env, &Mailbox::environment_ends, this);
  }
  void post(Task task) {
    auto boxed = std::make_unique<Task>(std::move(task));
    const std::lock_guard lock(mutex_);
    if (dead_) return;
    const napi_status status = function_.NonBlockingCall(boxed.get(), [](Napi::Env env, Napi::Function, Task* work) {
      const std::unique_ptr<Task> owned(work);
      if (static_cast<napi_env>(env) == nullptr) return;
      const Napi::HandleScope scope(env);
      (*owned)(env);
    });
    if (status == napi_ok) static_cast<void>(boxed.release());
  }
  /// Whether waiting for answers keeps the process alive. On the JavaScript thread, as release().
  void hold(Napi::Env env, bool alive) {
    if (dead_) return;
    if (alive) function_.Ref(env);
    else function_.Unref(env);
  }
  void release() {
    if (end()) napi_remove_env_cleanup_hook(env_, &Mailbox::environment_ends, this);
  }

 private:
  /// Once; false when it was over already.
  bool end() {
    const std::lock_guard lock(mutex_);
    if (dead_) return false;
    dead_ = true;
    function_.Release();
    return true;
  }
  static void environment_ends(void* self) { static_cast<Mailbox*>(self)->end(); }

  napi_env env_;
  Napi::ThreadSafeFunction function_;
  std::mutex mutex_;
  bool dead_ = false;  // written on the JavaScript thread only
};

}  // namespace llava
