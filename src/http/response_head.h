// The first lines of a response, and the target of a request taken apart: HTTP text that connection.cpp writes and
// reads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace hearth::http {

struct ResponseHead {
  int status = 200;
  std::string content_type;           // "" for none
  std::vector<Header> headers;        // control characters in values are left out
  std::optional<std::size_t> length;  // Content-Length; without it the body is chunked, or ends with the connection
  bool chunked = false;
  bool keep_alive = true;
};

std::string format_head(const ResponseHead& head);
std::string format_chunk(std::string_view bytes);

// Splits "/path?query", also in the absolute form "http://host/path?query". False when it is neither.
bool split_target(std::string_view target, HttpRequest& request);

// The client's x-request-id when it is a plain word of at most 64 characters, else a fresh one.
std::string choose_request_id(const std::string* given);

}  // namespace hearth::http
