// ThreadPool: the workers that run a model's forward pass in lock step.
//
// One step is one run(): every worker executes the same function, takes its share by its index and meets the others at
// barrier(). Waiting spins for some ten microseconds, then sleeps on a futex: an idle server uses no CPU, and a
// neighbour that takes a core does not collapse the pool. The thread that calls run() is worker 0.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace hearth::cpu {

// A non-owning reference to a callable void(int worker), so that run() costs no allocation.
class WorkerFunction {
 public:
  template <typename F>
  WorkerFunction(F& function)  // NOLINT(google-explicit-constructor): call sites pass lambdas
      : object_(&function), call_([](void* object, int worker) { (*static_cast<F*>(object))(worker); }) {}
  void operator()(int worker) const { call_(object_, worker); }

 private:
  void* object_;
  void (*call_)(void*, int);
};

class ThreadPool {
 public:
  explicit ThreadPool(int n_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int n_threads() const { return n_threads_; }

  // Runs `function` once on every worker and returns when all are done. Not re-entrant; one caller at a time.
  void run(WorkerFunction function);

  // Called by every worker inside run(): none goes on before all have come; what was written before is visible after.
  void barrier();

 private:
  void worker_loop(int worker);

  int n_threads_;
  WorkerFunction* function_ = nullptr;
  // Each counter on a cache line of its own: workers spin on one while others write the next.
  alignas(64) std::atomic<std::uint32_t> generation_{0};
  alignas(64) std::atomic<std::uint32_t> n_arrived_{0};
  alignas(64) std::atomic<std::uint32_t> barrier_epoch_{0};
  alignas(64) std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace hearth::cpu
