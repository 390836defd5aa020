#include "http/access.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace hearth::http {
namespace {

bool is_ipv4_loopback(std::string_view host) {
  std::array<int, 4> parts{};
  const char* at = host.data();
  const char* const end = host.data() + host.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto [next, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc{} || parts[i] < 0 || parts[i] > 255) {
      return false;
    }
    at = next;
    if (i + 1 < parts.size()) {
      if (at == end || *at != '.') {
        return false;
      }
      ++at;
    }
  }
  return at == end && parts[0] == 127;
}

}  // namespace

ApiKeys::ApiKeys(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    digests_.push_back(base::sha256(key));
  }
}

bool ApiKeys::accepts(std::string_view key) const {
  // Digests have one length, and every byte of every one is looked at.
  const base::Sha256Digest given = base::sha256(key);
  bool accepted = false;
  for (const base::Sha256Digest& digest : digests_) {
    std::uint8_t difference = 0;
    for (std::size_t i = 0; i < digest.size(); ++i) {
      difference = static_cast<std::uint8_t>(difference | (digest[i] ^ given[i]));
    }
    accepted = accepted | (difference == 0);
  }
  return accepted;
}

bool is_loopback_address(std::string_view address) {
  return equals_ignoring_case(address, "localhost") || address == "::1" || is_ipv4_loopback(address);
}

bool is_loopback_host(std::string_view host_header) {
  std::string_view host = host_header;
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    return close != std::string_view::npos && host.substr(1, close - 1) == "::1" &&
           (close + 1 == host.size() || host[close + 1] == ':');
  }
  host = host.substr(0, host.find(':'));
  constexpr std::string_view kSuffix = ".localhost";
  if (host.size() > kSuffix.size() && equals_ignoring_case(host.substr(host.size() - kSuffix.size()), kSuffix)) {
    return true;
  }
  return is_loopback_address(host);
}

std::vector<Header> cors_headers(const CorsOptions& options, const HttpRequest& request) {
  const std::string* origin = request.find_header("origin");
  if (!options.enabled || origin == nullptr) {
    return {};
  }
  const bool any =
      options.allow_origins.empty() || std::ranges::find(options.allow_origins, "*") != options.allow_origins.end();
  if (!any && std::ranges::find(options.allow_origins, *origin) == options.allow_origins.end()) {
    return {};
  }
  std::vector<Header> headers{{"Access-Control-Allow-Origin", any ? "*" : *origin},
                              {"Access-Control-Expose-Headers", "x-request-id, X-Model-Used, X-Ignored-Params"}};
  if (!any) {
    headers.push_back({"Vary", "Origin"});
  }
  if (request.method == "OPTIONS") {
    headers.push_back({"Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE, OPTIONS"});
    const std::string* wanted = request.find_header("access-control-request-headers");
    headers.push_back({"Access-Control-Allow-Headers", wanted != nullptr ? *wanted : "Authorization, Content-Type"});
    headers.push_back({"Access-Control-Max-Age", "600"});
  }
  return headers;
}

}  // namespace hearth::http
