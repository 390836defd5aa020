// Who may ask: API keys, the Host header on loopback, and CORS.
//
// Keys are compared in constant time. A server on loopback answers only to loopback names, or a web page could reach it
// by pointing its own name at 127.0.0.1. CORS headers are sent only when configured.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "http/message.h"

namespace hearth::http {

class ApiKeys {
 public:
  explicit ApiKeys(const std::vector<std::string>& keys);
  bool empty() const { return digests_.empty(); }
  // True when `key` is one of the keys. The time taken does not depend on which, nor on how much of it agrees.
  bool accepts(std::string_view key) const;

 private:
  std::vector<base::Sha256Digest> digests_;
};

// "localhost", "x.localhost", 127.0.0.0/8 and ::1, each with or without a port.
bool is_loopback_host(std::string_view host_header);
// The same for an address to listen on.
bool is_loopback_address(std::string_view address);

struct CorsOptions {
  bool enabled = false;
  std::vector<std::string> allow_origins;  // empty: any
};

// The headers that a response to this Origin gets; empty when CORS is off or the origin is not allowed.
std::vector<Header> cors_headers(const CorsOptions& options, const HttpRequest& request);

}  // namespace hearth::http
