#include "engine/engine_thread.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace hearth::engine {
namespace {

// Idle for so long, the memory of free blocks is given back.
constexpr std::chrono::seconds kTrimAfter{2};

}  // namespace

EngineThread::EngineThread(int n_threads) : pool_(n_threads), thread_([this] { loop(); }) {}

EngineThread::~EngineThread() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void EngineThread::add(std::shared_ptr<Engine> engine) {
  engine->set_wake([this] { notify(); });
  run([&] { engines_.push_back(std::move(engine)); });
}

void EngineThread::remove(const Engine* engine) {
  run([&] {
    std::erase_if(engines_, [&](const std::shared_ptr<Engine>& entry) {
      if (entry.get() != engine) {
        return false;
      }
      entry->set_wake({});
      return true;
    });
  });
}

void EngineThread::run(const std::function<void()>& job) {
  run_sliced([&] {
    job();
    return false;
  });
}

void EngineThread::run_sliced(const std::function<bool()>& slice) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    while (slice()) {
    }
    return;
  }
  Job job{&slice};
  std::unique_lock lock(mutex_);
  jobs_.push_back(&job);
  wake_.notify_one();
  job_done_.wait(lock, [&] { return job.done; });
}

void EngineThread::loop() {
  std::unique_lock lock(mutex_);
  while (wait_for_work(lock)) {
    run_job_slice(lock);
    lock.unlock();
    for (const std::shared_ptr<Engine>& engine : engines_) {
      engine->step();
    }
    lock.lock();
  }
  // Jobs posted before the end have somebody waiting for them.
  while (!jobs_.empty()) {
    run_job_slice(lock);
  }
  lock.unlock();
  for (const std::shared_ptr<Engine>& engine : engines_) {
    engine->set_wake({});
  }
  engines_.clear();
}

// False when the thread is to end.
bool EngineThread::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto due = [&] { return stopping_ || woken_ || !jobs_.empty(); };
  if (!due() && !any_work()) {
    if (!wake_.wait_for(lock, kTrimAfter, due)) {
      lock.unlock();
      for (const std::shared_ptr<Engine>& engine : engines_) {
        engine->trim();
      }
      lock.lock();
      wake_.wait(lock, due);
    }
  }
  woken_ = false;
  return !stopping_;
}

bool EngineThread::any_work() const {
  return std::ranges::any_of(engines_, [](const std::shared_ptr<Engine>& engine) { return engine->has_work(); });
}

void EngineThread::run_job_slice(std::unique_lock<std::mutex>& lock) {
  if (jobs_.empty()) {
    return;
  }
  Job* job = jobs_.front();
  jobs_.pop_front();
  lock.unlock();
  const bool more = (*job->slice)();
  lock.lock();
  if (more) {
    jobs_.push_back(job);
    return;
  }
  job->done = true;
  job_done_.notify_all();
}

void EngineThread::notify() {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

}  // namespace hearth::engine
