// Connection: one accepted socket, from its first byte to its end. Only http/*.cpp include this (it shows Asio).
//
// A read is outstanding nearly all the time, also while a request is handled: that is how a peer that goes away is
// noticed at once, in a queue, in prefill or mid-stream. Runs wholly on the I/O thread.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/task_pool.h"
#include "http/server.h"

namespace hearth::http {

namespace asio = boost::asio;

// What all connections of a server share.
struct ServerContext {
  ServerContext(ServerOptions server_options, std::vector<Route> routes, ErrorBody errors, AccessLog log)
      : options(std::move(server_options)),
        router(std::move(routes)),
        keys(options.api_keys),
        error_body(std::move(errors)),
        access_log(std::move(log)),
        loopback_only(is_loopback_address(options.host)) {}

  ServerOptions options;
  Router router;
  ApiKeys keys;
  ErrorBody error_body;
  AccessLog access_log;
  bool loopback_only;
  std::atomic<bool> draining = false;
  asio::io_context io{1};
  base::TaskPool* handlers = nullptr;  // owned by the server: a pool must not be destroyed by one of its own tasks
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::ip::tcp::socket socket, std::shared_ptr<ServerContext> context);

  asio::awaitable<void> run();
  // Ends the connection now if it is idle, else after the present answer.
  void drain();
  // Ends it now; the request being answered is cancelled.
  void abort();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Waited : std::uint8_t { kBytes, kGone, kTimeout, kDrain };
  struct Incoming;  // the request being read

  void start_read();
  void lose_peer();
  void wake();
  asio::awaitable<void> wait_until(Clock::time_point deadline);
  asio::awaitable<Waited> wait_for_bytes(Clock::time_point deadline);
  asio::awaitable<bool> write_all(std::string bytes);

  asio::awaitable<bool> serve_one();
  // What to answer when the request cannot be read; nothing to answer when gone_.
  asio::awaitable<std::optional<Failure>> parse_until(Incoming& incoming, bool whole, Clock::time_point deadline);
  std::optional<HttpResponse> refuse(Incoming& incoming);
  HttpResponse failure_response(const HttpRequest& request, Failure failure, std::string_view message) const;
  void start_handler(Incoming& incoming);
  asio::awaitable<bool> relay_answer(Incoming& incoming);
  asio::awaitable<bool> relay_stream(Incoming& incoming, StreamHead head, Exchange::Work work);
  asio::awaitable<bool> write_response(Incoming& incoming, HttpResponse response);
  std::vector<Header> common_headers(const Incoming& incoming) const;
  asio::awaitable<void> linger();
  void log(const Incoming& incoming, const Exchange* exchange) const;

  asio::ip::tcp::socket socket_;
  std::shared_ptr<ServerContext> context_;
  asio::steady_timer signal_;          // the coroutine sleeps on it; wake() cancels it
  asio::steady_timer write_deadline_;  // closes the socket of a peer that reads nothing
  std::array<char, 16384> chunk_;      // the outstanding read's destination
  std::string buffer_;                 // read and not yet parsed
  bool woken_ = false;
  bool reading_ = false;
  bool gone_ = false;  // the peer closed, or the socket failed
  bool idle_ = true;
  bool draining_ = false;
  std::shared_ptr<Exchange> exchange_;  // while a request is handled
};

}  // namespace hearth::http
