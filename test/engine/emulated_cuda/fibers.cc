#include "fibers.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "kernel_names.h"
#include "strand.h"

namespace llava::emulated {

namespace {

constexpr size_t kStack = (races::kDetects ? 256 : 96) << 10;
constexpr size_t kPage = 4096;

// What orders threads, for the race detector. Barriers take turns, so that a thread ahead orders nothing for those
// behind.
char block_start, block_end, barriers[3];

enum class State { ready, at_block_barrier, at_collective, done };

struct Copy {
  void* shared;
  const void* global;
};

struct Position {
  dim3 thread, block, block_size, grid_size;
};

struct Fiber {
  Position position;
  State state = State::done;
  const char* waits_for = "";
  Strand strand;
  bool started = false;
  unsigned phase = 0;  // barriers passed in this block
  std::unique_ptr<char, void (*)(char*)> stack{nullptr, nullptr};
  std::deque<std::vector<Copy>> copies;  // committed groups, oldest first
  std::vector<Copy> open_copies;
};

struct Warp {
  std::array<void*, 32> lanes = {};
  unsigned arrived = 0;
  unsigned mask = 0;
  const char* what = nullptr;
};

char* new_stack() {
  void* memory =
      mmap(nullptr, kStack + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  mprotect(memory, kPage, PROT_NONE);  // stacks grow down
  return static_cast<char*>(memory);
}

/// One host thread's machine: it runs one block at a time.
struct Machine {
  const void* kernel = nullptr;
  const std::function<void()>* body = nullptr;
  std::vector<std::unique_ptr<Fiber>> fibers;  // stacks are kept between blocks
  std::vector<Warp> warps;
  Fiber* current = nullptr;
  Strand scheduler;
  size_t alive = 0;
  size_t at_barrier = 0;
  char* shared_pages = nullptr;
  size_t shared_room = 0;
  unsigned char* shared = nullptr;

  static Machine& of_this_thread() {
    thread_local Machine machine;
    return machine;
  }

  [[noreturn]] void fail(const char* message) const {
    std::fprintf(stderr, "emulated CUDA: %s\n  in kernel %s", message, name_of_kernel(kernel).c_str());
    if (current) {
      const Position& p = current->position;
      std::fprintf(stderr, ", block (%u, %u, %u), thread (%u, %u, %u)", p.block.x, p.block.y, p.block.z, p.thread.x,
                   p.thread.y, p.thread.z);
    }
    std::fprintf(stderr, "\n");
    std::abort();
  }

  void yield() { Strand::change(current->strand, scheduler); }

  void finish() {
    Fiber& self = *current;
    if (!self.copies.empty() || !self.open_copies.empty()) wait_all(self);
    self.state = State::done;
    --alive;
    races::release(block_end);
    if (alive > 0 && at_barrier == alive) release_barrier();
    Strand::change(self.strand, scheduler);
  }

  static void wait_all(Fiber& fiber) {
    if (!fiber.open_copies.empty()) fiber.copies.push_back(std::move(fiber.open_copies));
    fiber.open_copies.clear();
    for (const auto& group : fiber.copies) run(group);
    fiber.copies.clear();
  }

  static void run(const std::vector<Copy>& group) {
    for (const Copy& copy : group) {
      races::write(copy.shared);
      alignas(16) static const char zeros[16] = {};
      std::memcpy(copy.shared, copy.global ? copy.global : zeros, 16);
    }
  }

  void release_barrier() {
    at_barrier = 0;
    for (auto& fiber : fibers) {
      if (fiber->state == State::at_block_barrier) fiber->state = State::ready;
    }
  }

  void reserve_shared(size_t bytes) {
    if (bytes > shared_room || !shared_pages) {
      if (shared_pages) munmap(shared_pages, shared_room + kPage);
      shared_room = std::max<size_t>((bytes + kPage - 1) / kPage * kPage, 256 << 10);
      shared_pages = static_cast<char*>(
          mmap(nullptr, shared_room + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
      if (shared_pages == MAP_FAILED) std::abort();
      mprotect(shared_pages + shared_room, kPage, PROT_NONE);
    }
    const size_t room = (bytes + 127) / 128 * 128;  // ends at the forbidden page, begins 128-byte aligned
    shared = reinterpret_cast<unsigned char*>(shared_pages + shared_room - room);
    std::memset(shared, 0xff, room);  // NaN in every type
  }

  /// Runs `fiber` until it waits or ends.
  void resume(Fiber& fiber) {
    current = &fiber;
    threadIdx = fiber.position.thread;
    blockIdx = fiber.position.block;
    blockDim = fiber.position.block_size;
    gridDim = fiber.position.grid_size;
    if (!fiber.started) {
      fiber.started = true;
      fiber.strand.prepare(fiber.stack.get() + kPage, kStack, &Machine::entry);
    }
    Strand::change(scheduler, fiber.strand);
  }

  static void entry() {
    Machine& machine = of_this_thread();
    for (;;) {
      races::acquire(block_start);
      (*machine.body)();
      machine.finish();  // the next block goes on here
    }
  }
};

}  // namespace

void expect(bool holds, const char* message) {
  if (!holds) Machine::of_this_thread().fail(message);
}

unsigned char* dynamic_shared() { return Machine::of_this_thread().shared; }

void block_barrier() {
  Machine& m = Machine::of_this_thread();
  Fiber& self = *m.current;
  self.state = State::at_block_barrier;
  self.waits_for = "__syncthreads";
  char& barrier = barriers[self.phase++ % 3];
  races::release(barrier);
  if (++m.at_barrier == m.alive) m.release_barrier();
  else m.yield();
  races::acquire(barrier);
}

void collective_of(const char* what, unsigned mask, void* mine, void (*combine)(void* const*)) {
  Machine& m = Machine::of_this_thread();
  const Position& p = m.current->position;
  const unsigned thread = p.thread.x + p.block_size.x * (p.thread.y + p.block_size.y * p.thread.z);
  const unsigned lane = thread % 32;
  Warp& warp = m.warps[thread / 32];
  if ((mask >> lane & 1u) == 0) m.fail("a warp collective by a lane that its mask leaves out");
  if (warp.arrived == 0) {
    warp.mask = mask;
    warp.what = what;
    warp.lanes.fill(nullptr);
  } else if (warp.mask != mask || std::strcmp(warp.what, what) != 0) {
    m.fail("lanes of one warp meet in different collectives");
  }
  warp.arrived |= 1u << lane;
  warp.lanes[lane] = mine;
  if (warp.arrived != mask) {
    m.current->state = State::at_collective;
    m.current->waits_for = what;
    m.yield();
    return;
  }
  {
    const races::Unseen by_hardware;
    combine(warp.lanes.data());
  }
  warp.arrived = 0;
  for (unsigned other = 0; other < 32; ++other) {
    if (other != lane && (mask >> other & 1u)) m.fibers[thread - lane + other]->state = State::ready;
  }
}

void start_copy(void* shared, const void* global) {
  races::write(shared);
  if (global) races::read(global);
  Machine::of_this_thread().current->open_copies.push_back({shared, global});
}

void commit_copies() {
  Fiber& fiber = *Machine::of_this_thread().current;
  fiber.copies.push_back(std::move(fiber.open_copies));
  fiber.open_copies.clear();
}

void wait_copies(int pending) {
  Fiber& fiber = *Machine::of_this_thread().current;
  while (fiber.copies.size() > static_cast<size_t>(pending)) {
    Machine::run(fiber.copies.front());
    fiber.copies.pop_front();
  }
}

void run_block(const void* kernel, const std::function<void()>& body, dim3 block_index, dim3 block_size, dim3 grid_size,
               size_t shared_bytes, unsigned order) {
  Machine& m = Machine::of_this_thread();
  const unsigned threads = block_size.x * block_size.y * block_size.z;
  m.kernel = kernel;
  m.body = &body;
  m.reserve_shared(shared_bytes);
  while (m.fibers.size() < threads) {
    m.fibers.push_back(std::make_unique<Fiber>());
    m.fibers.back()->stack = {new_stack(), [](char* stack) { munmap(stack, kStack + kPage); }};
  }
  m.warps.assign((threads + 31) / 32, Warp());
  for (unsigned i = 0; i < threads; ++i) {
    Fiber& fiber = *m.fibers[i];
    fiber.state = State::ready;
    fiber.phase = 0;
    fiber.position = {{i % block_size.x, i / block_size.x % block_size.y, i / (block_size.x * block_size.y)},
                      block_index,
                      block_size,
                      grid_size};
  }
  for (size_t i = threads; i < m.fibers.size(); ++i) m.fibers[i]->state = State::done;
  std::vector<unsigned> turns(threads);
  std::iota(turns.begin(), turns.end(), 0u);
  if (order % 3 == 1) std::reverse(turns.begin(), turns.end());
  if (order % 3 == 2) std::shuffle(turns.begin(), turns.end(), std::minstd_rand(order));
  m.alive = threads;
  m.at_barrier = 0;
  m.scheduler.adopt_this();
  races::release(block_start);
  while (m.alive > 0) {
    bool moved = false;
    for (const unsigned turn : turns) {
      Fiber& fiber = *m.fibers[turn];
      if (fiber.state != State::ready) continue;
      moved = true;
      m.resume(fiber);
    }
    if (!moved) {
      for (unsigned i = 0; i < threads; ++i) {
        if (m.fibers[i]->state == State::done) continue;
        m.current = m.fibers[i].get();
        std::fprintf(stderr, "emulated CUDA: thread %u waits at %s\n", i, m.fibers[i]->waits_for);
      }
      m.fail("not every thread reaches the same barrier");
    }
  }
  m.current = nullptr;
  races::acquire(block_end);
}

}  // namespace llava::emulated
