#include "net/http_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "net/url.h"

namespace hearth::net {

Status check_http_status(const ResponseHead& head, std::string_view url, bool has_token) {
  const int status = head.status;
  if (status >= 200 && status < 300) return {};
  const std::string where = printable_url(url);
  if (status == 408 || status == 429 || status >= 500) {
    return fail(ErrorCode::kUnavailable, fmt::format("{}: the server answered {}", where, status), where);
  }
  if (status == 404 || status == 410) {
    return fail(ErrorCode::kNotFound, fmt::format("{}: no such file there ({}): check the name", where, status), where);
  }
  if (status == 401 || status == 403) {
    const std::string_view advice = has_token
                                        ? "the token gives no access: accept the model's licence on its page, or use "
                                          "another token in HF_TOKEN"
                                        : "it needs a sign-in: accept the model's licence on its page and set HF_TOKEN "
                                          "to a token of yours";
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: refused ({}); {}", where, status, advice), where);
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("{}: the server answered {}: check the address", where, status),
              where);
}

std::chrono::seconds retry_after(const ResponseHead& head) {
  const std::string_view text = head.header("retry-after");
  int seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp(seconds, 0, 60));
}

}  // namespace hearth::net
