#include "http/sse.h"

#include <algorithm>

namespace hearth::http {
namespace {

void append_lines(std::string& out, std::string_view prefix, std::string_view text) {
  for (;;) {
    const std::size_t end = text.find_first_of("\r\n");
    out += prefix;
    out += text.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) {
      return;
    }
    const bool crlf = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (crlf ? 2 : 1));
  }
}

}  // namespace

std::string sse_data(std::string_view data) {
  std::string out;
  out.reserve(data.size() + 8);
  append_lines(out, "data: ", data);
  out += '\n';
  return out;
}

std::string sse_event(std::string_view name, std::string_view data) {
  std::string out = "event: ";
  out += name;
  out += '\n';
  out += sse_data(data);
  return out;
}

std::string sse_comment(std::string_view text) {
  std::string out;
  append_lines(out, ": ", text);
  out += '\n';
  return out;
}

}  // namespace hearth::http
