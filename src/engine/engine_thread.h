// EngineThread: the one thread that computes. It steps the engines of all loaded models in turn, on one pool.
//
// It is worker 0 of the pool and the pool's only caller, so whatever else computes in parallel (packing the weights of
// a model being loaded) is posted to it and runs between steps, in slices where it is long. Without work it sleeps.
// Owned by the model registry; every method may be called from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "cpu/thread_pool.h"
#include "engine/engine.h"

namespace hearth::engine {

class EngineThread {
 public:
  explicit EngineThread(int n_threads);
  // Engines that are left are let go of first: their sequences end with kError.
  ~EngineThread();
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  // Only for use inside a job, and for models whose engines are stepped here.
  cpu::ThreadPool& pool() { return pool_; }

  // Steps `engine` from now on.
  void add(std::shared_ptr<Engine> engine);
  // Returns when the engine is stepped no more and this thread holds no reference to it.
  void remove(const Engine* engine);

  // Runs `job` once on the engine thread and returns when it is done. On the engine thread itself: at once.
  void run(const std::function<void()>& job);
  // Runs `slice` again and again, a step of each engine between two calls, until it returns false.
  void run_sliced(const std::function<bool()>& slice);

 private:
  struct Job {
    const std::function<bool()>* slice = nullptr;
    bool done = false;
  };

  void loop();
  bool wait_for_work(std::unique_lock<std::mutex>& lock);
  bool any_work() const;
  void run_job_slice(std::unique_lock<std::mutex>& lock);
  void notify();

  cpu::ThreadPool pool_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable job_done_;
  std::vector<std::shared_ptr<Engine>> engines_;  // changed only on the engine thread
  std::deque<Job*> jobs_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hearth::engine
