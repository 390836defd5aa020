#include "http/message.h"

#include <algorithm>

namespace hearth::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

const std::string* HttpRequest::find_header(std::string_view name) const {
  const auto found =
      std::ranges::find_if(headers, [&](const Header& header) { return equals_ignoring_case(header.name, name); });
  return found == headers.end() ? nullptr : &found->value;
}

std::optional<std::string> HttpRequest::query_value(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (percent_decode(pair.substr(0, equals)) == name) {
      std::string value(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
      std::ranges::replace(value, '+', ' ');
      return percent_decode(value);
    }
  }
  return std::nullopt;
}

std::string HttpRequest::api_key() const {
  if (const std::string* authorization = find_header("authorization")) {
    constexpr std::string_view kScheme = "bearer ";
    if (authorization->size() > kScheme.size() &&
        equals_ignoring_case(std::string_view(*authorization).substr(0, kScheme.size()), kScheme)) {
      return std::string(trim(std::string_view(*authorization).substr(kScheme.size())));
    }
  }
  for (const std::string_view name : {"x-api-key", "xi-api-key"}) {
    if (const std::string* key = find_header(name)) {
      return std::string(trim(*key));
    }
  }
  return {};
}

}  // namespace hearth::http
