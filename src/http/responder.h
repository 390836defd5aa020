// Responder: a handler's means to answer one request, now or later, from any thread.
//
// Copies share one answer. When the last copy goes without an answer the client gets a 500, so a lost request is seen.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "http/exchange.h"

namespace hearth::http {

class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : guard_(std::make_shared<Guard>(std::move(exchange))) {}

  void send(HttpResponse response) const { guard_->exchange->send(std::move(response)); }
  void begin_stream(StreamHead head) const { guard_->exchange->begin_stream(std::move(head)); }
  WriteState write(std::string_view bytes) const { return guard_->exchange->write(bytes); }
  void finish() const { guard_->exchange->finish(); }

  bool closed() const { return guard_->exchange->closed(); }
  bool answered() const { return guard_->exchange->answered(); }
  // The callbacks must not hold a Responder: they live in what it refers to.
  void on_closed(std::function<void()> callback) const { guard_->exchange->on_closed(std::move(callback)); }
  void on_writable(std::function<void()> callback) const { guard_->exchange->on_writable(std::move(callback)); }
  // For the request's line in the log.
  void note_tokens(std::int64_t n_prompt, std::int64_t n_generated) const {
    guard_->exchange->note_tokens(n_prompt, n_generated);
  }

 private:
  struct Guard {
    explicit Guard(std::shared_ptr<Exchange> shared) : exchange(std::move(shared)) {}
    ~Guard() { exchange->abandon(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    std::shared_ptr<Exchange> exchange;
  };
  std::shared_ptr<Guard> guard_;
};

}  // namespace hearth::http
