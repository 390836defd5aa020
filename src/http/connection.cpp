#include "http/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <tuple>
#include <utility>

#include "http/response_head.h"

namespace hearth::http {
namespace beast_http = boost::beast::http;
using boost::system::error_code;

namespace {

// Unparsed bytes (a pipelined request) beyond which nothing more is read until the present answer is written.
constexpr std::size_t kMaxUnparsedBytes = std::size_t{64} << 10;
// How long and how much of a refused body is read, so that the refusal is not lost in a connection reset.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytes = std::size_t{64} << 20;

Failure failure_of(const error_code& error) {
  if (error == beast_http::error::header_limit) {
    return Failure::kHeaderTooLarge;
  }
  return error == beast_http::error::body_limit ? Failure::kBodyTooLarge : Failure::kBadRequest;
}

}  // namespace

struct Connection::Incoming {
  beast_http::request_parser<beast_http::string_body> parser;
  HttpRequest request;
  const Route* route = nullptr;
  Clock::time_point started = Clock::now();
  int status = 0;
  bool head_only = false;
  bool keep_alive = false;
  bool chunks_allowed = true;  // not in HTTP/1.0

  // Called when the header is complete.
  void take_header() {
    const auto& message = parser.get();
    request.method = std::string(message.method_string());
    head_only = request.method == "HEAD";
    keep_alive = message.keep_alive();
    chunks_allowed = message.version() >= 11;
    for (const auto& field : message) {
      request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    }
    request.id = choose_request_id(request.find_header("x-request-id"));
  }
};

Connection::Connection(asio::ip::tcp::socket socket, std::shared_ptr<ServerContext> context)
    : socket_(std::move(socket)), context_(std::move(context)), signal_(context_->io), write_deadline_(context_->io) {}

asio::awaitable<void> Connection::run() {
  const std::shared_ptr<Connection> self = shared_from_this();
  bool open = true;
  while (open && !draining_) {
    open = co_await serve_one();
  }
  error_code ignored;
  std::ignore = socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  std::ignore = socket_.close(ignored);
}

void Connection::drain() {
  draining_ = true;
  wake();
}

void Connection::abort() {
  lose_peer();
  error_code ignored;
  std::ignore = socket_.close(ignored);
}

void Connection::start_read() {
  if (reading_ || gone_ || buffer_.size() >= kMaxUnparsedBytes) {
    return;
  }
  reading_ = true;
  socket_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](error_code error, std::size_t n_bytes) {
    self->reading_ = false;
    self->buffer_.append(self->chunk_.data(), n_bytes);
    if (error) {
      self->lose_peer();
    }
    self->wake();
  });
}

void Connection::lose_peer() {
  gone_ = true;
  if (exchange_) {
    exchange_->close();
  }
  wake();
}

void Connection::wake() {
  woken_ = true;
  signal_.cancel();
}

asio::awaitable<void> Connection::wait_until(Clock::time_point deadline) {
  if (!woken_) {
    signal_.expires_at(deadline);
    error_code ignored;
    co_await signal_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  woken_ = false;
}

asio::awaitable<Connection::Waited> Connection::wait_for_bytes(Clock::time_point deadline) {
  const std::size_t n_before = buffer_.size();
  for (;;) {
    if (buffer_.size() > n_before) {
      co_return Waited::kBytes;
    }
    if (gone_) {
      co_return Waited::kGone;
    }
    if (draining_ && idle_) {
      co_return Waited::kDrain;
    }
    if (Clock::now() >= deadline) {
      co_return Waited::kTimeout;
    }
    start_read();
    co_await wait_until(deadline);
  }
}

asio::awaitable<bool> Connection::write_all(std::string bytes) {
  std::size_t n_written = 0;
  while (n_written < bytes.size()) {
    write_deadline_.expires_after(context_->options.write_timeout);
    write_deadline_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) {
        error_code ignored;
        std::ignore = self->socket_.close(ignored);
      }
    });
    error_code error;
    n_written += co_await socket_.async_write_some(asio::buffer(bytes.data() + n_written, bytes.size() - n_written),
                                                   asio::redirect_error(asio::use_awaitable, error));
    write_deadline_.cancel();
    if (error) {
      lose_peer();
      co_return false;
    }
  }
  co_return true;
}

asio::awaitable<std::optional<Failure>> Connection::parse_until(Incoming& incoming, bool whole,
                                                                Clock::time_point deadline) {
  auto& parser = incoming.parser;
  parser.eager(whole);
  for (;;) {
    if (whole ? parser.is_done() : parser.is_header_done()) {
      co_return std::nullopt;
    }
    if (!buffer_.empty()) {
      error_code error;
      const std::size_t n_used = parser.put(asio::buffer(buffer_), error);
      buffer_.erase(0, n_used);
      if (error && error != beast_http::error::need_more) {
        co_return failure_of(error);
      }
      if (n_used > 0) {
        continue;
      }
    }
    const Waited waited = co_await wait_for_bytes(deadline);
    if (waited != Waited::kBytes) {
      co_return Failure::kTimeout;
    }
  }
}

asio::awaitable<bool> Connection::serve_one() {
  idle_ = true;
  if (buffer_.empty()) {
    const Waited waited = co_await wait_for_bytes(Clock::now() + context_->options.idle_timeout);
    if (waited != Waited::kBytes) {
      co_return false;
    }
  }
  idle_ = false;
  Incoming incoming;
  incoming.parser.header_limit(static_cast<std::uint32_t>(context_->options.header_limit_bytes));
  incoming.parser.body_limit(context_->options.body_limit_bytes);
  std::optional<Failure> failure =
      co_await parse_until(incoming, false, Clock::now() + context_->options.header_timeout);
  std::optional<HttpResponse> refusal;
  if (!failure) {
    incoming.take_header();
    refusal = refuse(incoming);
  } else if (*failure == Failure::kBodyTooLarge) {
    // The header was read: it said how large the body is.
    incoming.take_header();
    split_target(std::string_view(incoming.parser.get().target()), incoming.request);
  }
  if (!failure && !refusal) {
    if (const std::string* expect = incoming.request.find_header("expect");
        expect != nullptr && equals_ignoring_case(*expect, "100-continue") && !incoming.parser.is_done()) {
      co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
    }
    failure = co_await parse_until(incoming, true, Clock::now() + context_->options.body_timeout);
  }
  if (gone_ && (failure || refusal)) {
    co_return false;
  }
  if (failure) {
    refusal = failure_response(incoming.request, *failure, "");
  }
  if (refusal) {
    const bool whole = incoming.parser.is_done();
    incoming.keep_alive = incoming.keep_alive && whole;
    const bool open = co_await write_response(incoming, *std::move(refusal));
    log(incoming, nullptr);
    if (!whole) {
      co_await linger();
    }
    co_return open&& whole;
  }
  start_handler(incoming);
  const bool open = co_await relay_answer(incoming);
  exchange_.reset();
  co_return open;
}

void Connection::start_handler(Incoming& incoming) {
  incoming.request.body = std::move(incoming.parser.get().body());
  std::weak_ptr<Connection> weak = weak_from_this();
  asio::io_context& io = context_->io;
  exchange_ = std::make_shared<Exchange>([weak, context = context_, &io] {
    asio::post(io, [weak] {
      if (const auto self = weak.lock()) {
        self->wake();
      }
    });
  });
  const Responder responder(exchange_);
  auto request = std::make_shared<HttpRequest>(incoming.request);
  const bool taken = context_->handlers->post(
      [handler = &incoming.route->handler, request, responder] { (*handler)(*request, responder); });
  if (!taken) {
    responder.send(failure_response(incoming.request, Failure::kBusy, ""));
  }
}

asio::awaitable<bool> Connection::relay_answer(Incoming& incoming) {
  for (;;) {
    Exchange::Work work = exchange_->take();
    if (work.abandoned) {
      work.response = failure_response(incoming.request, Failure::kInternal, "");
    }
    if (gone_) {
      incoming.status = 499;
      log(incoming, exchange_.get());
      co_return false;
    }
    if (work.response) {
      const bool open = co_await write_response(incoming, *std::move(work.response));
      log(incoming, exchange_.get());
      exchange_->done();
      co_return open;
    }
    if (work.head) {
      StreamHead head = *std::exchange(work.head, std::nullopt);
      const bool open = co_await relay_stream(incoming, std::move(head), std::move(work));
      log(incoming, exchange_.get());
      exchange_->done();
      co_return open;
    }
    start_read();
    co_await wait_until(Clock::time_point::max());
  }
}

asio::awaitable<bool> Connection::relay_stream(Incoming& incoming, StreamHead head, Exchange::Work work) {
  incoming.status = 200;
  incoming.keep_alive = incoming.keep_alive && incoming.chunks_allowed && !draining_;
  ResponseHead response{.status = 200,
                        .content_type = head.content_type,
                        .headers = common_headers(incoming),
                        .chunked = incoming.chunks_allowed,
                        .keep_alive = incoming.keep_alive};
  response.headers.insert(response.headers.end(), head.headers.begin(), head.headers.end());
  std::string out = format_head(response);
  Clock::time_point last_write = Clock::now();
  for (;;) {
    if (!work.bytes.empty() && !incoming.head_only) {
      out += incoming.chunks_allowed ? format_chunk(work.bytes) : work.bytes;
    }
    if (work.finished && incoming.chunks_allowed && !incoming.head_only) {
      out += "0\r\n\r\n";
    }
    if (!out.empty()) {
      const bool written = co_await write_all(std::move(out));
      if (!written) {
        co_return false;
      }
      out.clear();
      last_write = Clock::now();
    }
    if (work.finished || work.abandoned || gone_) {
      co_return work.finished&& incoming.keep_alive;
    }
    work = exchange_->take();
    if (work.empty()) {
      start_read();
      const bool with_pings = !head.idle_bytes.empty();
      const Clock::time_point next_ping = with_pings ? last_write + head.idle_interval : Clock::time_point::max();
      co_await wait_until(next_ping);
      work = exchange_->take();
      if (work.empty() && !gone_ && Clock::now() >= next_ping) {
        work.bytes = head.idle_bytes;
      }
    }
  }
}

asio::awaitable<bool> Connection::write_response(Incoming& incoming, HttpResponse response) {
  incoming.status = response.status;
  incoming.keep_alive = incoming.keep_alive && !draining_ && !gone_;
  if (context_->options.opaque_errors && response.status >= 400) {
    response.body.clear();
  }
  ResponseHead head{.status = response.status,
                    .content_type = response.body.empty() ? "" : response.content_type,
                    .headers = common_headers(incoming),
                    .length = response.body.size(),
                    .keep_alive = incoming.keep_alive};
  if (response.status == 204) {
    head.length.reset();
  }
  head.headers.insert(head.headers.end(), response.headers.begin(), response.headers.end());
  std::string out = format_head(head);
  if (!incoming.head_only) {
    out += response.body;
  }
  const bool written = co_await write_all(std::move(out));
  co_return written&& incoming.keep_alive;
}

asio::awaitable<void> Connection::linger() {
  error_code ignored;
  std::ignore = socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  const Clock::time_point deadline = Clock::now() + kLingerTime;
  std::size_t n_left = kLingerBytes;
  while (n_left > 0) {
    n_left -= std::min(n_left, buffer_.size());
    buffer_.clear();
    const Waited waited = co_await wait_for_bytes(deadline);
    if (waited != Waited::kBytes) {
      co_return;
    }
  }
}

std::optional<HttpResponse> Connection::refuse(Incoming& incoming) {
  HttpRequest& request = incoming.request;
  const bool readable = split_target(std::string_view(incoming.parser.get().target()), request);
  const std::string* host = request.find_header("host");
  if (!readable || (host == nullptr && incoming.chunks_allowed)) {
    return failure_response(request, Failure::kBadRequest, readable ? "missing Host header" : "bad request target");
  }
  if (context_->loopback_only && host != nullptr && !is_loopback_host(*host)) {
    return failure_response(request, Failure::kForbidden,
                            "this server listens on loopback and answers only to localhost; the Host header says "
                            "otherwise");
  }
  Router::Match match = context_->router.match(request.method, request.path);
  if (request.method == "OPTIONS" && !match.allow.empty()) {
    return HttpResponse{.status = 204, .headers = {{"Allow", match.allow + ", OPTIONS"}}};
  }
  if (match.route == nullptr) {
    if (match.allow.empty()) {
      return failure_response(request, Failure::kNotFound, "");
    }
    HttpResponse response = failure_response(request, Failure::kMethodNotAllowed, "");
    response.headers.push_back({"Allow", match.allow});
    return response;
  }
  if (match.route->needs_key && !context_->keys.empty() && !context_->keys.accepts(request.api_key())) {
    HttpResponse response = failure_response(request, Failure::kUnauthorized, "");
    response.headers.push_back({"WWW-Authenticate", "Bearer"});
    return response;
  }
  if (context_->draining && match.route->needs_key) {
    HttpResponse response = failure_response(request, Failure::kDraining, "");
    response.headers.push_back({"Retry-After", "5"});
    return response;
  }
  incoming.route = match.route;
  request.params = std::move(match.params);
  return std::nullopt;
}

HttpResponse Connection::failure_response(const HttpRequest& request, Failure failure, std::string_view message) const {
  return context_->error_body(request.path, failure, message);
}

std::vector<Header> Connection::common_headers(const Incoming& incoming) const {
  const HttpRequest& request = incoming.request;
  std::vector<Header> headers{{"x-request-id", request.id.empty() ? choose_request_id(nullptr) : request.id}};
  if (const std::string* correlation = request.find_header("x-correlation-id")) {
    headers.push_back({"X-Correlation-ID", correlation->substr(0, 128)});
  }
  for (Header& header : cors_headers(context_->options.cors, request)) {
    headers.push_back(std::move(header));
  }
  return headers;
}

void Connection::log(const Incoming& incoming, const Exchange* exchange) const {
  const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - incoming.started);
  context_->access_log(AccessRecord{.method = incoming.request.method,
                                    .path = incoming.request.path,
                                    .status = incoming.status,
                                    .duration = duration,
                                    .request_id = incoming.request.id,
                                    .tokens = exchange != nullptr ? exchange->token_note() : "",
                                    .cancelled = gone_});
}

}  // namespace hearth::http
