#pragma once

// A stack with its own flow of control. Two ways to switch: jumps, which cost no system call; and ucontext, which
// ThreadSanitizer can follow (it refuses jumps to another stack).

#include <setjmp.h>
#include <ucontext.h>

#include "race_detector.h"

namespace llava::emulated {

/// The caller's own flow, or one that begins in `entry` on `stack` when it is first switched to. `entry` never returns.
class Strand {
 public:
  Strand() = default;
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  void prepare(char* stack, size_t bytes, void (*entry)()) {
    getcontext(&context_);
    context_.uc_stack.ss_sp = stack;
    context_.uc_stack.ss_size = bytes;
    context_.uc_link = nullptr;
    makecontext(&context_, entry, 0);
    id_ = races::new_fiber();
  }
  /// Once, for the flow that is running now.
  void adopt_this() {
    begun_ = true;
    id_ = races::this_fiber();
  }
  /// Leaves `from`, which is running, until somebody switches to it. A function of its own: no local variable lives
  /// across a jump.
  [[gnu::noinline]] static void change(Strand& from, Strand& to) {
    races::switch_to(to.id_);
    if constexpr (races::kDetects) {
      swapcontext(&from.context_, &to.context_);
    } else {
      if (_setjmp(from.here_) != 0) return;
      if (to.begun_) _longjmp(to.here_, 1);
      to.begun_ = true;
      setcontext(&to.context_);
    }
  }

 private:
  ucontext_t context_;
  jmp_buf here_;
  bool begun_ = false;
  races::FiberId id_ = {};
};

}  // namespace llava::emulated
