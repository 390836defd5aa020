// Exchange: the state of one request being answered, shared by the connection (I/O thread) and a handler (any thread).
//
// It is the point where back-pressure and cancellation cross threads: the handler puts bytes in and is told when there
// is no room, the connection takes them out and says when the peer went away. It knows no sockets, so it is tested
// without one. Handlers hold it through a Responder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "http/message.h"

namespace hearth::http {

enum class WriteState : std::uint8_t {
  kOpen,    // go on
  kFull,    // taken, but wait for on_writable before writing more
  kClosed,  // the peer went away: stop
};

class Exchange {
 public:
  // `wake` is called (from any thread, without the lock) whenever take() has something new.
  explicit Exchange(std::function<void()> wake) : wake_(std::move(wake)) {}

  // The handler's half. The first of send, begin_stream and abandon decides; later ones are ignored.
  void send(HttpResponse response);
  void begin_stream(StreamHead head);
  WriteState write(std::string_view bytes);
  void finish();
  // The last Responder is gone: without an answer this becomes a 500; an unfinished stream is cut off.
  void abandon();
  bool closed() const;
  bool answered() const;
  // Called once, at once if the peer is gone already. Runs on the I/O thread: must not block.
  void on_closed(std::function<void()> callback);
  // Called when there is room again after kFull.
  void on_writable(std::function<void()> callback);
  void note_tokens(std::int64_t n_prompt, std::int64_t n_generated);

  // The connection's half.
  struct Work {
    std::optional<HttpResponse> response;
    std::optional<StreamHead> head;
    std::string bytes;
    bool finished = false;   // a stream ended well: nothing follows
    bool abandoned = false;  // no answer, or a stream that was cut off
    bool empty() const { return !response && !head && bytes.empty() && !finished && !abandoned; }
  };
  Work take();
  void close();                    // the peer went away, or the server stops waiting: the handler is told
  void done();                     // the answer is written: lets go of the callbacks
  std::string token_note() const;  // "12+34 tokens" or ""

  // Bytes waiting for the peer above which write() answers kFull.
  static constexpr std::size_t kHighWaterBytes = std::size_t{256} << 10;

 private:
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::optional<HttpResponse> response_;
  std::optional<StreamHead> head_;
  std::string bytes_;
  bool answered_ = false;
  bool streaming_ = false;
  bool finished_ = false;
  bool finish_taken_ = false;
  bool abandoned_ = false;
  bool closed_ = false;
  bool full_ = false;
  std::function<void()> on_closed_;
  std::function<void()> on_writable_;
  std::int64_t n_prompt_tokens_ = -1;
  std::int64_t n_generated_tokens_ = 0;
};

}  // namespace hearth::http
