#pragma once

// What ThreadSanitizer must know to find races between the threads of a block (npm run races): each is a fiber of its
// own, a barrier orders all of them, and nothing else does. Without LLAVA_RACES all of this is nothing.
//
// Shuffles, mma and ldmatrix order nothing between lanes: hardware promises that only for what they exchange. A cp.async
// counts as a write when it is issued (it may land from now on) and when it is waited for (it may land as late as
// that). Races between blocks are not seen: blocks run one after another.

#ifdef LLAVA_RACES
extern "C" {
void* __tsan_get_current_fiber(void);
void* __tsan_create_fiber(unsigned flags);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_acquire(void*);
void __tsan_release(void*);
void __tsan_read_range(void*, unsigned long);
void __tsan_write_range(void*, unsigned long);
void AnnotateIgnoreReadsBegin(const char*, int);
void AnnotateIgnoreReadsEnd(const char*, int);
void AnnotateIgnoreWritesBegin(const char*, int);
void AnnotateIgnoreWritesEnd(const char*, int);
}
#endif

namespace llava::emulated::races {

#ifdef LLAVA_RACES
inline constexpr bool kDetects = true;
using FiberId = void*;
inline FiberId this_fiber() { return __tsan_get_current_fiber(); }
inline FiberId new_fiber() { return __tsan_create_fiber(0); }
inline void switch_to(FiberId fiber) { __tsan_switch_to_fiber(fiber, 1); }  // 1: a switch orders nothing
inline void acquire(char& mark) { __tsan_acquire(&mark); }
inline void release(char& mark) { __tsan_release(&mark); }
inline void read(const void* from) { __tsan_read_range(const_cast<void*>(from), 16); }
inline void write(void* to) { __tsan_write_range(to, 16); }
/// While one lives, what this thread does is the hardware's work on behalf of a warp.
struct Unseen {
  Unseen() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~Unseen() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
};
#else
inline constexpr bool kDetects = false;
using FiberId = int;
inline FiberId this_fiber() { return 0; }
inline FiberId new_fiber() { return 0; }
inline void switch_to(FiberId) {}
inline void acquire(char&) {}
inline void release(char&) {}
inline void read(const void*) {}
inline void write(void*) {}
struct Unseen {
  Unseen() {}
};
#endif

}  // namespace llava::emulated::races
