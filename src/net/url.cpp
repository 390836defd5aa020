#include "net/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace hearth::net {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "user:password@host:port" -> "host:port"
std::string_view without_user(std::string_view authority) {
  const auto at = authority.rfind('@');
  return at == std::string_view::npos ? authority : authority.substr(at + 1);
}

struct Parts {
  std::string_view scheme, authority, path;
};

bool split(std::string_view text, Parts& parts) {
  const auto mark = text.find("://");
  if (mark == std::string_view::npos || mark == 0) return false;
  parts.scheme = text.substr(0, mark);
  std::string_view rest = text.substr(mark + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const auto slash = rest.find('/');
  parts.authority = rest.substr(0, slash);
  parts.path = slash == std::string_view::npos ? std::string_view("/") : rest.substr(slash);
  return true;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Parts parts;
  if (!split(text, parts)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a URL", printable_url(text)));
  }
  Url url;
  url.scheme = lower(parts.scheme);
  url.path = parts.path;
  if (url.scheme == "file") {
    if (!parts.authority.empty() && lower(parts.authority) != "localhost") {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' names a host: write file:///path", printable_url(text)));
    }
    url.origin = "file://";
    return url;
  }
  if (url.scheme != "http" && url.scheme != "https") {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}': only https, http and file addresses can be fetched, got '{}'", printable_url(text),
                            url.scheme));
  }
  const std::string host = lower(without_user(parts.authority));
  if (host.empty() || host.front() == ':') {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' has no host", printable_url(text)));
  }
  // A port follows the last colon, unless that colon is inside an IPv6 address's brackets.
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
  url.origin = url.scheme + "://" + host + (has_port ? "" : url.scheme == "https" ? ":443" : ":80");
  return url;
}

std::string printable_url(std::string_view text) {
  Parts parts;
  if (!split(text, parts)) return std::string(text.substr(0, text.find_first_of("?#")));
  return fmt::format("{}://{}{}", parts.scheme, without_user(parts.authority), parts.path);
}

std::string last_path_segment(const Url& url) {
  return percent_decode(std::string_view(url.path).substr(url.path.rfind('/') + 1));
}

std::string percent_encode_path(std::string_view path) {
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~/+,=:@!$&'()*;").find(c) != std::string_view::npos) {
      encoded.push_back(c);
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      decoded.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

std::string file_url(const std::filesystem::path& path) {
  return "file://" + percent_encode_path(path.string());
}

std::string resolve_location(const Url& base, std::string_view location) {
  if (location.find("://") != std::string_view::npos) return std::string(location);
  if (location.starts_with("//")) return base.scheme + ":" + std::string(location);
  if (location.starts_with('/')) return base.origin + std::string(location);
  return base.origin + base.path.substr(0, base.path.rfind('/') + 1) + std::string(location);
}

}  // namespace hearth::net
