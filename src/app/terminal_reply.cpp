#include "app/terminal_reply.h"

#include <chrono>
#include <cstdio>
#include <utility>

namespace hearth::app {

void TerminalReply::on_waiting(std::string_view /*what*/) {}

void TerminalReply::on_start(const backends::ReplyStart& /*start*/) {}

bool TerminalReply::on_text(backends::TextPiece piece) {
  std::fwrite(piece.text.data(), 1, piece.text.size(), stdout);
  std::fflush(stdout);
  const std::lock_guard lock(mutex_);
  text_ += piece.text;
  return true;
}

void TerminalReply::on_done(const backends::Usage& /*usage*/) {
  finish();
}

void TerminalReply::on_error(backends::RequestError error) {
  {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  finish();
}

void TerminalReply::wait(backends::Reply& reply, bool (*interrupted)()) {
  constexpr std::chrono::milliseconds kInterruptCheck{50};
  std::unique_lock lock(mutex_);
  bool cancelled = false;
  while (!changed_.wait_for(lock, kInterruptCheck, [this] { return finished_; })) {
    if (!cancelled && interrupted()) {
      cancelled = true;
      lock.unlock();
      reply.cancel();
      lock.lock();
    }
    if (cancelled) {
      return;
    }
  }
}

void TerminalReply::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

}  // namespace hearth::app
