// What an HTTP status means for a transfer: worth another try, or wrong and what the user can do about it.
//
// net/download and net/hub_headers judge every answer with it.
#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"
#include "net/transfer.h"

namespace hearth::net {

// 2xx: fine. 408, 429 and 5xx: unavailable, worth another try. 404 and 410: not_found. The rest: invalid_argument.
Status check_http_status(const ResponseHead& head, std::string_view url, bool has_token);

// Retry-After in seconds, at most a minute; 0 without one.
std::chrono::seconds retry_after(const ResponseHead& head);

}  // namespace hearth::net
