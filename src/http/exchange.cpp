#include "http/exchange.h"

#include <fmt/format.h>

#include <utility>

namespace hearth::http {

void Exchange::send(HttpResponse response) {
  {
    const std::lock_guard lock(mutex_);
    if (answered_) {
      return;
    }
    answered_ = true;
    response_ = std::move(response);
  }
  wake_();
}

void Exchange::begin_stream(StreamHead head) {
  {
    const std::lock_guard lock(mutex_);
    if (answered_) {
      return;
    }
    answered_ = true;
    streaming_ = true;
    head_ = std::move(head);
  }
  wake_();
}

WriteState Exchange::write(std::string_view bytes) {
  WriteState state = WriteState::kOpen;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || finished_ || !streaming_) {
      return WriteState::kClosed;
    }
    bytes_ += bytes;
    full_ = bytes_.size() > kHighWaterBytes;
    state = full_ ? WriteState::kFull : WriteState::kOpen;
  }
  wake_();
  return state;
}

void Exchange::finish() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  wake_();
}

void Exchange::abandon() {
  {
    const std::lock_guard lock(mutex_);
    if (answered_ && (!streaming_ || finished_)) {
      return;
    }
    answered_ = true;
    abandoned_ = true;
  }
  wake_();
}

bool Exchange::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

bool Exchange::answered() const {
  const std::lock_guard lock(mutex_);
  return answered_;
}

void Exchange::on_closed(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      on_closed_ = std::move(callback);
      return;
    }
  }
  callback();
}

void Exchange::on_writable(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  on_writable_ = std::move(callback);
}

void Exchange::note_tokens(std::int64_t n_prompt, std::int64_t n_generated) {
  const std::lock_guard lock(mutex_);
  n_prompt_tokens_ = n_prompt;
  n_generated_tokens_ = n_generated;
}

std::string Exchange::token_note() const {
  const std::lock_guard lock(mutex_);
  return n_prompt_tokens_ < 0 ? "" : fmt::format("{}+{} tokens", n_prompt_tokens_, n_generated_tokens_);
}

Exchange::Work Exchange::take() {
  Work work;
  std::function<void()> writable;
  {
    const std::lock_guard lock(mutex_);
    work.response = std::exchange(response_, std::nullopt);
    work.head = std::exchange(head_, std::nullopt);
    work.bytes = std::exchange(bytes_, {});
    work.finished = streaming_ && finished_ && !std::exchange(finish_taken_, streaming_ && finished_);
    work.abandoned = std::exchange(abandoned_, false);
    if (std::exchange(full_, false)) {
      writable = on_writable_;
    }
  }
  // Taking the bytes makes the room: the connection writes one batch at a time, so at most two batches exist.
  if (writable) {
    writable();
  }
  return work;
}

void Exchange::close() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    callback = std::exchange(on_closed_, nullptr);
    on_writable_ = nullptr;
  }
  if (callback) {
    callback();
  }
}

void Exchange::done() {
  std::function<void()> closed;
  std::function<void()> writable;
  const std::lock_guard lock(mutex_);
  closed = std::exchange(on_closed_, nullptr);
  writable = std::exchange(on_writable_, nullptr);
  closed_ = true;
}

}  // namespace hearth::http
