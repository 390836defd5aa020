// TransferLimits: how long and how often the HTTP client tries. The defaults suit the open internet; tests shorten
// them.
#pragma once

#include <chrono>

namespace hearth::net {

struct TransferLimits {
  std::chrono::milliseconds connect_timeout{30'000};
  std::chrono::milliseconds header_timeout{120'000};  // from the request to the first byte of the answer's body
  std::chrono::milliseconds stall_timeout{60'000};    // without a byte of the body
  std::chrono::milliseconds backoff{1'000};           // before the second try; doubles with each further one
  int max_tries = 3;                                  // in a row without progress
  int max_redirects = 10;
};

}  // namespace hearth::net
