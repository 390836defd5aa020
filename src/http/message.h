// HttpRequest and HttpResponse: what handlers see of HTTP, as plain structs without any library's types.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::http {

struct Header {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;  // upper case; HEAD is served by the handler of GET
  std::string path;    // as sent, percent-encoded, without query and trailing slash
  std::string query;   // behind the "?", as sent
  std::vector<Header> headers;
  std::string body;
  std::map<std::string, std::string> params;  // the path's {name} parts, percent-decoded
  std::string id;                             // also the response's x-request-id

  // Without regard to case; null when absent.
  const std::string* find_header(std::string_view name) const;
  // Of "?name=value", percent-decoded.
  std::optional<std::string> query_value(std::string_view name) const;
  // The token of "Authorization: Bearer …", else of x-api-key or xi-api-key; "" without one.
  std::string api_key() const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<Header> headers;
};

// The head of a response whose body is written piece by piece.
struct StreamHead {
  std::string content_type = "text/event-stream";
  std::vector<Header> headers;
  // Written whenever nothing else was for `idle_interval`, so that proxies keep the connection; "" for nothing.
  std::string idle_bytes;
  std::chrono::milliseconds idle_interval{15'000};
};

bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string percent_decode(std::string_view text);

}  // namespace hearth::http
