#include "net/transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "net/url.h"

namespace hearth::net {
namespace {

using Clock = std::chrono::steady_clock;

template <typename Integer>
std::optional<Integer> to_integer(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// What the callbacks of one transfer share.
struct Exchange {
  const TransferRequest& request;
  const TransferReceiver& receiver;
  CURL* easy = nullptr;
  bool is_file = false;
  ResponseHead head;
  bool head_shown = false;
  Status status;
  Clock::time_point started = Clock::now();
  Clock::time_point last_byte = Clock::now();

  bool good() const { return head.status >= 200 && head.status < 300; }

  Status show_head() {
    if (head_shown || !good()) return {};
    head_shown = true;
    return receiver.on_head ? receiver.on_head(head) : Status{};
  }
};

std::size_t on_header_line(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line = trim({data, size * count});
  exchange.last_byte = Clock::now();
  if (line.starts_with("HTTP/")) {  // a new response: an earlier one was a redirect or an informational answer
    exchange.head = {};
    const auto space = line.find(' ');
    exchange.head.status = space == std::string_view::npos ? 0 : to_integer<int>(line.substr(space + 1, 3)).value_or(0);
    return size * count;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    std::string name(trim(line.substr(0, colon)));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    exchange.head.headers[name] = std::string(trim(line.substr(colon + 1)));
  }
  return size * count;
}

std::size_t on_body_bytes(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.last_byte = Clock::now();
  if (exchange.is_file) exchange.head.status = 200;
  if (!exchange.good()) return size * count;  // an error page: nobody reads it
  exchange.status = exchange.show_head();
  if (exchange.status && exchange.receiver.on_body) {
    exchange.status = exchange.receiver.on_body(std::as_bytes(std::span(data, size * count)));
  }
  return exchange.status ? size * count : 0;
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;
using MultiHandle = std::unique_ptr<CURLM, MultiDeleter>;
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

void set_protocols(CURL* easy, const Url& url) {
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https,file");
  // A redirect may never read local files, nor give up encryption that the address asked for.
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, url.scheme == "https" ? "https" : "http,https");
}

HeaderList set_options(Exchange& exchange, const Url& url) {
  CURL* easy = exchange.easy;
  const TransferRequest& request = exchange.request;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "hearth");
  curl_easy_setopt(easy, CURLOPT_NOBODY, request.head_only ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, static_cast<long>(request.limits.max_redirects));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.limits.connect_timeout.count()));
  set_protocols(easy, url);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header_line);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  if (!request.bearer_token.empty()) {
    // As libcurl's own credential, not as a header line: it is dropped when a redirect changes host, port or scheme.
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, request.bearer_token.c_str());
  }
  HeaderList headers;
  if (request.range_from > 0 && !exchange.is_file) {
    curl_easy_setopt(easy, CURLOPT_RANGE, fmt::format("{}-", request.range_from).c_str());
    if (!request.if_range.empty()) {
      headers.reset(curl_slist_append(nullptr, ("If-Range: " + request.if_range).c_str()));
      curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    }
  }
  return headers;
}

Error curl_error(CURLcode code, const Exchange& exchange) {
  const std::string where = printable_url(exchange.request.url);
  const char* reason = curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return {ErrorCode::kInvalidArgument, fmt::format("{}: not a valid address", where), where};
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {ErrorCode::kInvalidArgument,
              fmt::format("{}: redirected to a kind of address that is not followed", where), where};
    case CURLE_TOO_MANY_REDIRECTS:
      return {ErrorCode::kInvalidArgument,
              fmt::format("{}: more than {} redirects", where, exchange.request.limits.max_redirects), where};
    case CURLE_FILE_COULDNT_READ_FILE:
      return {ErrorCode::kNotFound, fmt::format("{}: no such file, or it cannot be read", where), where};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ErrorCode::kInvalidArgument, fmt::format("{}: the server's certificate is not trusted", where), where};
    default:
      return {ErrorCode::kUnavailable, fmt::format("{}: {}", where, reason), where};
  }
}

// An error when the transfer must not go on: cancelled, too slow to answer, or stalled.
Status check_time(const Exchange& exchange) {
  const TransferRequest& request = exchange.request;
  if (request.cancel != nullptr && request.cancel->load()) return fail(ErrorCode::kCancelled, "download cancelled");
  const auto now = Clock::now();
  const std::string where = printable_url(request.url);
  if (!exchange.head_shown && now - exchange.started > request.limits.header_timeout) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{}: no answer within {} s", where, request.limits.header_timeout.count() / 1000), where);
  }
  if (exchange.head_shown && now - exchange.last_byte > request.limits.stall_timeout) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{}: stalled for {} s", where, request.limits.stall_timeout.count() / 1000), where);
  }
  return {};
}

// Drives the transfer in steps of at most 100 ms, so that cancelling takes effect at once.
Status drive(CURLM* multi, Exchange& exchange) {
  for (;;) {
    int n_running = 0;
    if (curl_multi_perform(multi, &n_running) != CURLM_OK) return fail(ErrorCode::kInternal, "libcurl failed");
    int n_left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &n_left)) {
      if (message->msg != CURLMSG_DONE) continue;
      if (!exchange.status) return exchange.status;
      if (message->data.result != CURLE_OK) return std::unexpected(curl_error(message->data.result, exchange));
      return {};
    }
    HEARTH_TRY_VOID(check_time(exchange));
    curl_multi_poll(multi, nullptr, 0, 100, nullptr);
  }
}

void initialise_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

std::string_view ResponseHead::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<std::uint64_t> ResponseHead::content_length() const {
  return to_integer<std::uint64_t>(header("content-length"));
}

std::optional<ResponseHead::Range> ResponseHead::content_range() const {
  std::string_view text = header("content-range");
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos) return std::nullopt;
  const auto first = to_integer<std::uint64_t>(text.substr(0, dash));
  if (!first) return std::nullopt;
  return Range{*first, to_integer<std::uint64_t>(text.substr(slash + 1))};
}

Result<ResponseHead> transfer(const TransferRequest& request, const TransferReceiver& receiver) {
  HEARTH_TRY(const Url url, parse_url(request.url));
  initialise_once();
  const EasyHandle easy(curl_easy_init());
  const MultiHandle multi(curl_multi_init());
  if (easy == nullptr || multi == nullptr) return fail(ErrorCode::kInternal, "libcurl could not start");
  Exchange exchange{.request = request, .receiver = receiver, .easy = easy.get(), .is_file = url.scheme == "file"};
  const HeaderList headers = set_options(exchange, url);
  curl_multi_add_handle(multi.get(), easy.get());
  const Status status = drive(multi.get(), exchange);
  curl_multi_remove_handle(multi.get(), easy.get());
  if (!status) return std::unexpected(status.error());
  if (exchange.is_file) exchange.head.status = 200;
  if (!request.head_only) HEARTH_TRY_VOID(exchange.show_head());  // an empty body has not shown it yet
  return exchange.head;
}

}  // namespace hearth::net
