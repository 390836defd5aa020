// A plain blocking socket for tests of the HTTP server: what it sends is exactly what the test wrote.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/server.h"

namespace hearth::http {

class TestClient {
 public:
  explicit TestClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~TestClient() { close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return connected_; }
  void close() {
    if (socket_ >= 0) {
      ::close(std::exchange(socket_, -1));
    }
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) {
        return;
      }
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  // Reads until `end` has come; returns everything up to it. What came earlier is kept for the next call.
  std::string read_until(std::string_view end) {
    for (;;) {
      const std::size_t found = pending_.find(end);
      if (found != std::string::npos) {
        std::string out = pending_.substr(0, found + end.size());
        pending_.erase(0, out.size());
        return out;
      }
      if (!receive()) {
        return std::exchange(pending_, {});
      }
    }
  }
  std::string read_exactly(std::size_t n_bytes) {
    while (pending_.size() < n_bytes && receive()) {
    }
    std::string out = pending_.substr(0, n_bytes);
    pending_.erase(0, out.size());
    return out;
  }
  std::string read_to_end() {
    while (receive()) {
    }
    return std::exchange(pending_, {});
  }
  // One response with a Content-Length.
  std::string read_response() {
    std::string out = read_until("\r\n\r\n");
    const std::size_t at = out.find("Content-Length: ");
    return at == std::string::npos ? out : out + read_exactly(std::stoul(out.substr(at + 16)));
  }

 private:
  bool receive() {
    char bytes[4096];
    const ssize_t n = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (n <= 0) {
      return false;
    }
    pending_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  int socket_;
  bool connected_ = false;
  std::string pending_;
};

inline std::string get(std::string_view path, std::string_view more = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n";
}

inline std::string post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

// A server on a free port whose failures are plain text, "404 message".
inline std::unique_ptr<Server> start_server(
    std::vector<Route> routes, ServerOptions options = {}, AccessLog log = [](const AccessRecord&) {}) {
  options.port = 0;
  const ErrorBody error_body = [](std::string_view, Failure failure, std::string_view message) {
    return HttpResponse{.status = status_of(failure),
                        .content_type = "text/plain",
                        .body = std::to_string(status_of(failure)) + " " + std::string(message)};
  };
  auto server = Server::start(std::move(options), std::move(routes), error_body, std::move(log));
  EXPECT_TRUE(server) << server.error().message;
  return server ? *std::move(server) : nullptr;
}

}  // namespace hearth::http
