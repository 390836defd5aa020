// LocalServer: a real HTTP/1.1 server on 127.0.0.1 that misbehaves on purpose, for the tests of net and gallery.
//
// A test gives a function from request to answer; the answer says after how many body bytes the connection is cut or
// goes silent, how long the head is kept back, and so on. It serves one request per connection, each in its own thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hearth::net {

struct ServedRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  // names in lower case

  std::string header(const std::string& name) const;
  std::optional<std::size_t> range_from() const;  // of "Range: bytes=N-"
};

struct ServedAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<std::size_t> announced_length;  // Content-Length; the body's own length when absent
  std::optional<std::size_t> cut_after;         // body bytes before the connection is closed
  std::optional<std::size_t> stall_after;       // body bytes before the server goes silent
  std::chrono::milliseconds head_delay{0};
  std::chrono::milliseconds pause_per_chunk{0};  // between chunks of 4 KiB
};

class LocalServer {
 public:
  using Handler = std::function<ServedAnswer(const ServedRequest&)>;
  explicit LocalServer(Handler handler);
  ~LocalServer();

  std::string url(const std::string& path) const;
  int port() const { return port_; }
  std::vector<ServedRequest> requests() const;  // so far, in order of arrival

 private:
  void accept_loop();
  void serve(int connection);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<ServedRequest> requests_;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

// Serves `content` as a good server does: ETag, Range and If-Range.
ServedAnswer serve_content(const ServedRequest& request, const std::string& content, const std::string& etag);

// Deterministic bytes that differ from place to place.
std::string test_content(std::size_t n_bytes, unsigned seed = 1);

inline constexpr std::size_t kChunkBytes = 4096;

inline bool send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n_sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (n_sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n_sent));
  }
  return true;
}

inline std::optional<ServedRequest> read_request(int connection) {
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos) {
    char buffer[4096];
    const ssize_t n_read = ::recv(connection, buffer, sizeof buffer, 0);
    if (n_read <= 0) return std::nullopt;
    text.append(buffer, static_cast<std::size_t>(n_read));
  }
  std::istringstream lines(text);
  ServedRequest request;
  std::string line;
  lines >> request.method >> request.path;
  std::getline(lines, line);
  while (std::getline(lines, line) && line != "\r") {
    const auto colon = line.find(':');
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    while (!value.empty() && (value.back() == '\r' || value.back() == ' ')) value.pop_back();
    request.headers[name] = value;
  }
  return request;
}

inline std::string ServedRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

inline std::optional<std::size_t> ServedRequest::range_from() const {
  const std::string range = header("range");
  if (!range.starts_with("bytes=")) return std::nullopt;
  return std::strtoull(range.c_str() + 6, nullptr, 10);
}

inline LocalServer::LocalServer(Handler handler) : handler_(std::move(handler)) {
  ::setenv("no_proxy", "127.0.0.1,localhost", 1);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener_, 16) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the test server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

inline LocalServer::~LocalServer() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& worker : workers_) worker.join();
  ::close(listener_);
}

inline std::string LocalServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

inline std::vector<ServedRequest> LocalServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

inline void LocalServer::accept_loop() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) workers_.emplace_back([this, connection] { serve(connection); });
  }
}

inline void LocalServer::serve(int connection) {
  if (const auto request = read_request(connection)) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
    }
    const ServedAnswer answer = handler_(*request);
    std::this_thread::sleep_for(answer.head_delay);
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " Test\r\nConnection: close\r\nContent-Length: " +
                       std::to_string(answer.announced_length.value_or(answer.body.size())) + "\r\n";
    for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
    bool open = send_all(connection, head + "\r\n");
    const std::size_t end = std::min({answer.body.size(), answer.cut_after.value_or(answer.body.size()),
                                      answer.stall_after.value_or(answer.body.size())});
    for (std::size_t at = 0; open && at < end && request->method != "HEAD" && !stopping_; at += kChunkBytes) {
      open = send_all(connection, std::string_view(answer.body).substr(at, std::min(kChunkBytes, end - at)));
      std::this_thread::sleep_for(answer.pause_per_chunk);
    }
    while (answer.stall_after && !stopping_) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ::shutdown(connection, SHUT_RDWR);
  ::close(connection);
}

inline ServedAnswer serve_content(const ServedRequest& request, const std::string& content, const std::string& etag) {
  ServedAnswer answer;
  if (!etag.empty()) answer.headers.emplace_back("ETag", etag);
  const auto from = request.range_from();
  const bool same = request.header("if-range").empty() || request.header("if-range") == etag;
  if (!from || !same) {
    answer.body = content;
    return answer;
  }
  if (*from >= content.size()) {
    answer.status = 416;
    return answer;
  }
  answer.status = 206;
  answer.body = content.substr(*from);
  answer.headers.emplace_back("Content-Range", "bytes " + std::to_string(*from) + "-" +
                                                   std::to_string(content.size() - 1) + "/" +
                                                   std::to_string(content.size()));
  return answer;
}

inline std::string test_content(std::size_t n_bytes, unsigned seed) {
  std::mt19937 generator(seed);
  std::string content(n_bytes, '\0');
  for (char& byte : content) byte = static_cast<char>(generator());
  return content;
}

}  // namespace hearth::net
