#include "http/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "http/connection.h"

namespace hearth::http {

using boost::system::error_code;
using Tcp = asio::ip::tcp;

int status_of(Failure failure) {
  switch (failure) {
    case Failure::kBadRequest:
      return 400;
    case Failure::kUnauthorized:
      return 401;
    case Failure::kForbidden:
      return 403;
    case Failure::kNotFound:
      return 404;
    case Failure::kMethodNotAllowed:
      return 405;
    case Failure::kTimeout:
      return 408;
    case Failure::kBodyTooLarge:
      return 413;
    case Failure::kHeaderTooLarge:
      return 431;
    case Failure::kBusy:
    case Failure::kDraining:
      return 503;
    case Failure::kInternal:
      break;
  }
  return 500;
}

std::string_view reason_of(int status) {
  struct Reason {
    int status;
    std::string_view text;
  };
  static constexpr Reason kReasons[] = {{200, "OK"},
                                        {204, "No Content"},
                                        {400, "Bad Request"},
                                        {401, "Unauthorized"},
                                        {403, "Forbidden"},
                                        {404, "Not Found"},
                                        {405, "Method Not Allowed"},
                                        {408, "Request Timeout"},
                                        {409, "Conflict"},
                                        {413, "Content Too Large"},
                                        {429, "Too Many Requests"},
                                        {431, "Request Header Fields Too Large"},
                                        {500, "Internal Server Error"},
                                        {501, "Not Implemented"},
                                        {503, "Service Unavailable"}};
  const auto* const found = std::ranges::find(kReasons, status, &Reason::status);
  return found == std::end(kReasons) ? "Status" : found->text;
}

namespace {

class BeastServer final : public Server {
 public:
  explicit BeastServer(std::shared_ptr<ServerContext> context)
      : context_(std::move(context)),
        handlers_(context_->options.n_handler_threads, context_->options.max_waiting_requests),
        acceptor_(context_->io),
        pause_(context_->io) {
    context_->handlers = &handlers_;
  }

  ~BeastServer() override {
    asio::post(context_->io, [this] { close_all(); });
    if (io_thread_.joinable()) {
      io_thread_.join();
    }
  }

  Status listen() {
    const ServerOptions& options = context_->options;
    error_code error;
    const asio::ip::address address = find_address(options.host, error);
    if (error) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("cannot listen on {}: not an address of this machine ({})",
                                                           options.host, error.message()));
    }
    const Tcp::endpoint endpoint(address, static_cast<std::uint16_t>(options.port));
    error = acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      error = acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
      error = acceptor_.bind(endpoint, error);
    }
    if (!error) {
      error = acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      const bool taken = error == asio::error::address_in_use;
      return fail(ErrorCode::kUnavailable,
                  fmt::format("cannot listen on {}:{}: {}{}", options.host, options.port, error.message(),
                              taken ? "; stop the other program or choose another port with --address" : ""));
    }
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(context_->io, accept_loop(), asio::detached);
    io_thread_ = std::thread([context = context_] { context->io.run(); });
    return {};
  }

  int port() const override { return port_; }

  std::size_t n_connections() const override { return n_connections_; }

  void drain(std::chrono::milliseconds grace) override {
    context_->draining = true;
    asio::post(context_->io, [this] {
      error_code ignored;
      std::ignore = acceptor_.close(ignored);
      for_each_connection([](Connection& connection) { connection.drain(); });
    });
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, grace, [this] { return n_connections_ == 0; });
    lock.unlock();
    asio::post(context_->io, [this] { for_each_connection([](Connection& connection) { connection.abort(); }); });
  }

 private:
  static asio::ip::address find_address(const std::string& host, error_code& error) {
    if (host.empty()) {
      return asio::ip::address_v4::any();
    }
    asio::ip::address literal = asio::ip::make_address(host, error);
    if (!error) {
      return literal;
    }
    asio::io_context io;
    Tcp::resolver resolver(io);
    const auto results = resolver.resolve(host, "", error);
    return error || results.empty() ? asio::ip::address() : results.begin()->endpoint().address();
  }

  asio::awaitable<void> accept_loop() {
    while (acceptor_.is_open()) {
      error_code error;
      Tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) {
        co_return;
      }
      if (error) {
        // Out of file descriptors, most likely: a moment later some connection has ended.
        pause_.expires_after(std::chrono::milliseconds(100));
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (n_connections_ >= context_->options.max_connections) {
        turn_away(socket);
        continue;
      }
      adopt(std::move(socket));
    }
  }

  static void turn_away(Tcp::socket& socket) {
    error_code ignored;
    std::ignore = socket.non_blocking(true, ignored);
    constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    std::ignore = socket.write_some(asio::buffer(kFull), ignored);
  }

  void adopt(Tcp::socket socket) {
    error_code ignored;
    std::ignore = socket.set_option(Tcp::no_delay(true), ignored);
    auto connection = std::make_shared<Connection>(std::move(socket), context_);
    std::erase_if(connections_, [](const std::weak_ptr<Connection>& weak) { return weak.expired(); });
    connections_.push_back(connection);
    ++n_connections_;
    asio::co_spawn(context_->io, connection->run(), [this, connection](const std::exception_ptr&) {
      connection->abort();
      const std::lock_guard lock(mutex_);
      --n_connections_;
      ended_.notify_all();
    });
  }

  template <typename F>
  void for_each_connection(F function) {
    for (const std::weak_ptr<Connection>& weak : connections_) {
      if (const auto connection = weak.lock()) {
        function(*connection);
      }
    }
  }

  void close_all() {
    error_code ignored;
    std::ignore = acceptor_.close(ignored);
    pause_.cancel();
    for_each_connection([](Connection& connection) {
      connection.drain();
      connection.abort();
    });
  }

  std::shared_ptr<ServerContext> context_;
  base::TaskPool handlers_;
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  int port_ = 0;
  std::vector<std::weak_ptr<Connection>> connections_;  // I/O thread only
  std::atomic<std::size_t> n_connections_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::thread io_thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, std::vector<Route> routes, ErrorBody error_body,
                                              AccessLog access_log) {
  auto context = std::make_shared<ServerContext>(std::move(options), std::move(routes), std::move(error_body),
                                                 std::move(access_log));
  auto server = std::make_unique<BeastServer>(std::move(context));
  HEARTH_TRY_VOID(server->listen());
  return server;
}

}  // namespace hearth::http
