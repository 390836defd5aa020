#include "http/response_head.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <random>

#include "http/server.h"

namespace hearth::http {
namespace {

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  // A line break in a value would let its author write headers of their own.
  std::ranges::copy_if(value, std::back_inserter(out), [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
  out += "\r\n";
}

bool is_plain_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

std::string format_head(const ResponseHead& head) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", head.status, reason_of(head.status));
  append_header(out, "Date", fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(std::time(nullptr))));
  if (!head.content_type.empty()) {
    append_header(out, "Content-Type", head.content_type);
  }
  for (const Header& header : head.headers) {
    append_header(out, header.name, header.value);
  }
  if (head.length) {
    append_header(out, "Content-Length", fmt::format("{}", *head.length));
  } else if (head.chunked) {
    append_header(out, "Transfer-Encoding", "chunked");
  }
  append_header(out, "Connection", head.keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  return out;
}

std::string format_chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

bool split_target(std::string_view target, HttpRequest& request) {
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) {
      return false;
    }
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (request.path.size() > 1 && request.path.ends_with('/')) {
    request.path.pop_back();
  }
  request.query = question == std::string_view::npos ? "" : target.substr(question + 1);
  request.query = request.query.substr(0, request.query.find('#'));
  return true;
}

std::string choose_request_id(const std::string* given) {
  if (given != nullptr && is_plain_word(*given)) {
    return *given;
  }
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return fmt::format("req_{:016x}{:08x}", generator(), static_cast<std::uint32_t>(generator()));
}

}  // namespace hearth::http
