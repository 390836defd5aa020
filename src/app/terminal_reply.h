// TerminalReply: prints a reply to the terminal as it comes, and lets Ctrl-C end it.
//
// Used by `hearth run`. The backend calls the sink from its own threads; wait() blocks the terminal's thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "backends/reply.h"

namespace hearth::app {

class TerminalReply final : public backends::ReplySink {
 public:
  void on_waiting(std::string_view what) override;
  void on_start(const backends::ReplyStart& start) override;
  bool on_text(backends::TextPiece piece) override;
  void on_done(const backends::Usage& usage) override;
  void on_error(backends::RequestError error) override;

  // Returns when the reply has ended; cancels it when `interrupted` says so.
  void wait(backends::Reply& reply, bool (*interrupted)());

  const std::string& text() const { return text_; }
  const std::optional<backends::RequestError>& error() const { return error_; }

 private:
  void finish();

  std::mutex mutex_;
  std::condition_variable changed_;
  bool finished_ = false;
  std::string text_;
  std::optional<backends::RequestError> error_;
};

}  // namespace hearth::app
