#include "engine/inbox.h"

#include <fmt/format.h>

#include <utility>

namespace hearth::engine {

Result<SequenceId> Inbox::submit(std::unique_ptr<Sequence> sequence) {
  SequenceId id = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (n_queued() >= max_queued_) {
      return fail(ErrorCode::kOverloaded,
                  fmt::format("{} requests are waiting for this model already; try again later", max_queued_));
    }
    n_queued_.fetch_add(1, std::memory_order_relaxed);
    id = next_id_++;
    sequence->id = id;
    letters_.submitted.push_back(std::move(sequence));
  }
  wake();
  return id;
}

void Inbox::cancel(SequenceId sequence) {
  {
    const std::scoped_lock lock(mutex_);
    letters_.cancelled.push_back(sequence);
  }
  wake();
}

Inbox::Letters Inbox::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(letters_, {});
}

bool Inbox::empty() const {
  const std::scoped_lock lock(mutex_);
  return letters_.submitted.empty() && letters_.cancelled.empty();
}

void Inbox::set_wake(std::function<void()> wake) {
  const std::scoped_lock lock(mutex_);
  wake_ = std::move(wake);
}

void Inbox::wake() const {
  std::function<void()> wake;
  {
    const std::scoped_lock lock(mutex_);
    wake = wake_;
  }
  if (wake) {
    wake();
  }
}

}  // namespace hearth::engine
