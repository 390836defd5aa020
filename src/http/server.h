// Server: listens, reads requests, asks the router and writes answers; one I/O thread for all connections.
//
// Handlers run on a small pool and may answer later from any thread through their Responder. Everything a peer can make
// grow is bounded: connections, header and body bytes, the time each may take, requests waiting for a handler, bytes
// waiting for a slow reader. The server knows nothing of what it serves: app gives it routes and a function that makes
// the bodies of its own errors.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/access.h"
#include "http/message.h"
#include "http/router.h"

namespace hearth::http {

// What went wrong before, or instead of, a handler.
enum class Failure : std::uint8_t {
  kBadRequest,        // 400, not HTTP
  kUnauthorized,      // 401
  kForbidden,         // 403, Host not a loopback name
  kNotFound,          // 404, unknown path
  kMethodNotAllowed,  // 405
  kTimeout,           // 408
  kBodyTooLarge,      // 413
  kHeaderTooLarge,    // 431
  kBusy,              // 503, too many requests wait for a handler
  kDraining,          // 503, shutting down
  kInternal,          // 500, no answer came
};

int status_of(Failure failure);
std::string_view reason_of(int status);

// The answer to a failure on `path` ("" when it could not be read), with body and content type.
using ErrorBody = std::function<HttpResponse(std::string_view path, Failure failure, std::string_view message)>;

struct AccessRecord {
  std::string_view method;
  std::string_view path;
  int status = 0;
  std::chrono::milliseconds duration{0};
  std::string_view request_id;
  std::string tokens;  // "12+34 tokens" or ""
  bool cancelled = false;
};
using AccessLog = std::function<void(const AccessRecord&)>;

struct ServerOptions {
  std::string host = "127.0.0.1";  // "": every interface
  int port = 8080;                 // 0: any free one
  std::size_t body_limit_bytes = std::size_t{15} << 20;
  std::size_t header_limit_bytes = std::size_t{32} << 10;
  std::size_t max_connections = 1024;
  std::size_t max_waiting_requests = 512;
  int n_handler_threads = 2;
  std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte to the end of its header
  std::chrono::milliseconds body_timeout{60'000};
  std::chrono::milliseconds idle_timeout{75'000};
  std::chrono::milliseconds write_timeout{60'000};  // without the peer taking a byte
  std::vector<std::string> api_keys;
  CorsOptions cors;
  bool opaque_errors = false;  // errors are a status without a body
};

class Server {
 public:
  // Errors: unavailable when the address cannot be listened on (what to do is in the message), invalid_argument for an
  // address that is none.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, std::vector<Route> routes, ErrorBody error_body,
                                               AccessLog access_log);
  virtual ~Server() = default;  // stops at once

  virtual int port() const = 0;
  // Takes no new connection, ends idle ones, lets running requests finish for at most `grace`, then cancels them.
  virtual void drain(std::chrono::milliseconds grace) = 0;
  virtual std::size_t n_connections() const = 0;
};

}  // namespace hearth::http
