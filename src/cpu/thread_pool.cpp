#include "cpu/thread_pool.h"

#include <chrono>

#include "base/check.h"

namespace hearth::cpu {
namespace {

void spin_hint() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Waits until `counter` is no longer `old`. Long enough spinning to bridge the gap between two phases of a step, short
// enough that a sleeping pool costs nothing.
void wait_for_change(const std::atomic<std::uint32_t>& counter, std::uint32_t old, std::chrono::microseconds spin) {
  constexpr int kChecksPerClockRead = 64;
  const auto deadline = std::chrono::steady_clock::now() + spin;
  do {
    for (int i = 0; i < kChecksPerClockRead; ++i) {
      if (counter.load(std::memory_order_acquire) != old) {
        return;
      }
      spin_hint();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  while (counter.load(std::memory_order_acquire) == old) {
    counter.wait(old, std::memory_order_acquire);
  }
}

// Between phases the others are at most a fraction of a phase behind; between steps the engine thread samples.
constexpr std::chrono::microseconds kBarrierSpin{50};
constexpr std::chrono::microseconds kStepSpin{100};

}  // namespace

ThreadPool::ThreadPool(int n_threads) : n_threads_(n_threads) {
  HEARTH_CHECK(n_threads >= 1, "a pool needs a thread");
  threads_.reserve(static_cast<std::size_t>(n_threads - 1));
  for (int worker = 1; worker < n_threads; ++worker) {
    threads_.emplace_back([this, worker] { worker_loop(worker); });
  }
}

ThreadPool::~ThreadPool() {
  stopping_.store(true, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void ThreadPool::run(WorkerFunction function) {
  if (n_threads_ == 1) {
    function(0);
    return;
  }
  function_ = &function;
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  function(0);
  barrier();
}

void ThreadPool::barrier() {
  if (n_threads_ == 1) {
    return;
  }
  const std::uint32_t epoch = barrier_epoch_.load(std::memory_order_relaxed);
  const auto n_workers = static_cast<std::uint32_t>(n_threads_);
  if (n_arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == n_workers) {
    n_arrived_.store(0, std::memory_order_relaxed);
    barrier_epoch_.store(epoch + 1, std::memory_order_release);
    barrier_epoch_.notify_all();
    return;
  }
  wait_for_change(barrier_epoch_, epoch, kBarrierSpin);
}

void ThreadPool::worker_loop(int worker) {
  std::uint32_t seen = 0;
  for (;;) {
    wait_for_change(generation_, seen, kStepSpin);
    ++seen;
    if (stopping_.load(std::memory_order_relaxed)) {
      return;
    }
    (*function_)(worker);
    barrier();
  }
}

}  // namespace hearth::cpu
