// The few questions that downloading asks of a URL: scheme, origin, last path segment, and a form that is safe to
// print.
//
// Not a general URL library: libcurl parses what it fetches. The printable form drops user names, passwords and query
// strings, since those of hubs and mirrors carry secrets.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth::net {

struct Url {
  std::string scheme;  // lower case: http, https or file
  std::string origin;  // "https://host:port", lower case, port always given; "file://" for a file
  std::string path;    // begins with "/", still percent-encoded, without query and fragment
};

// invalid_argument for another scheme or a URL without a host.
Result<Url> parse_url(std::string_view text);

std::string printable_url(std::string_view text);

// The decoded last segment of the path ("model.gguf"); empty when the path ends with "/".
std::string last_path_segment(const Url& url);

std::string percent_encode_path(std::string_view path);
std::string percent_decode(std::string_view text);
std::string file_url(const std::filesystem::path& path);  // of an absolute path

// A Location header's value as an absolute URL, relative to `base`.
std::string resolve_location(const Url& base, std::string_view location);

}  // namespace hearth::net
