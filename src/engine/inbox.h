// Inbox: what other threads ask of an engine, until its next step.
//
// submit() and cancel() of Engine leave their word here under a mutex; the engine thread takes everything at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "engine/sequence.h"

namespace hearth::engine {

class Inbox {
 public:
  struct Letters {
    std::vector<std::unique_ptr<Sequence>> submitted;  // by id
    std::vector<SequenceId> cancelled;
  };

  explicit Inbox(std::int32_t max_queued) : max_queued_(max_queued) {}

  // Gives the sequence its id. Errors: overloaded when max_queued sequences wait for their first step.
  Result<SequenceId> submit(std::unique_ptr<Sequence> sequence);
  void cancel(SequenceId sequence);
  Letters take();
  // A submitted sequence was admitted, or ended without being: it no longer counts as queued.
  void leave_queue() { n_queued_.fetch_sub(1, std::memory_order_relaxed); }

  bool empty() const;
  std::int64_t n_queued() const { return n_queued_.load(std::memory_order_relaxed); }
  void set_wake(std::function<void()> wake);

 private:
  void wake() const;

  std::int32_t max_queued_;
  std::atomic<std::int64_t> n_queued_{0};
  mutable std::mutex mutex_;
  Letters letters_;
  SequenceId next_id_ = 1;
  std::function<void()> wake_;
};

}  // namespace hearth::engine
