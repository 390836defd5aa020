// One HTTP (or file) transfer: the only place that touches libcurl.
//
// It knows nothing of partial files, hashes or retries; net/download and net/hub_headers build those on top. The final
// response's head is shown before its body, so that a receiver can decide whether to append or to start over.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/transfer_limits.h"

namespace hearth::net {

struct TransferRequest {
  std::string url;
  bool head_only = false;
  bool follow_redirects = true;
  std::uint64_t range_from = 0;  // > 0: asks for the bytes from there on
  std::string if_range;          // the validator that makes the range conditional
  std::string bearer_token;
  const std::atomic<bool>* cancel = nullptr;
  TransferLimits limits;
};

struct ResponseHead {
  int status = 0;                                           // 200 for a file:// URL
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case; of the final response

  std::string_view header(std::string_view name) const;
  std::optional<std::uint64_t> content_length() const;
  struct Range {
    std::uint64_t first = 0;
    std::optional<std::uint64_t> total;
  };
  std::optional<Range> content_range() const;
};

struct TransferReceiver {
  // Called once before the first byte of a 2xx body. An error ends the transfer.
  std::function<Status(const ResponseHead&)> on_head;
  std::function<Status(std::span<const std::byte>)> on_body;
};

// The head of the final response, whatever its status; a body is given to the receiver for 2xx only.
// Errors: unavailable (worth another try: connection, DNS, a cut or stalled body), invalid_argument (a bad URL or a
// redirect that may not be followed), cancelled, or what the receiver returned.
Result<ResponseHead> transfer(const TransferRequest& request, const TransferReceiver& receiver);

}  // namespace hearth::net
