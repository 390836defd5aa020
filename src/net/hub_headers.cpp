#include "net/hub_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "net/http_status.h"
#include "net/transfer.h"
#include "net/url.h"

namespace hearth::net {
namespace {

std::string_view without_quotes(std::string_view text) {
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

HubFile read_headers(const ResponseHead& head) {
  HubFile file;
  const std::string_view size = head.header("x-linked-size");
  std::uint64_t size_bytes = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), size_bytes);
  if (!size.empty() && error == std::errc{} && end == size.data() + size.size()) file.size_bytes = size_bytes;
  if (!file.size_bytes && head.status == 200) file.size_bytes = head.content_length();
  std::string_view etag = without_quotes(head.header("x-linked-etag"));
  if (etag.empty()) etag = without_quotes(head.header("etag"));
  if (is_sha256(etag)) file.sha256 = etag;
  return file;
}

bool is_redirect(int status) {
  return status >= 301 && status <= 308 && status != 304;
}

}  // namespace

Hub Hub::from_environment() {
  Hub hub;
  if (const char* endpoint = std::getenv("HF_ENDPOINT"); endpoint != nullptr && *endpoint != '\0')
    hub.endpoint = endpoint;
  while (hub.endpoint.ends_with('/')) hub.endpoint.pop_back();
  if (const char* token = std::getenv("HF_TOKEN"); token != nullptr) hub.token = token;
  return hub;
}

Result<HubReference> parse_hub_reference(std::string_view reference) {
  std::string_view rest = reference;
  bool known = false;
  for (const std::string_view scheme : {"hf://", "huggingface://", "hf.co/"}) {
    if (!known && rest.starts_with(scheme)) {
      rest.remove_prefix(scheme.size());
      known = true;
    }
  }
  const auto owner_end = rest.find('/');
  if (!known || owner_end == 0 || owner_end == std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not of the form hf://owner/repository/file", reference));
  }
  HubReference result;
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    result.revision = rest.substr(at + 1);
    rest = rest.substr(0, at);
  }
  const auto repository_end = rest.find('/', owner_end + 1);
  result.repository = rest.substr(0, repository_end);
  if (repository_end != std::string_view::npos) result.path = rest.substr(repository_end + 1);
  if (result.repository.ends_with('/') || result.revision.empty() || result.path.starts_with('/')) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not of the form hf://owner/repository/file", reference));
  }
  return result;
}

std::string resolve_url(const Hub& hub, const HubReference& reference) {
  return fmt::format("{}/{}/resolve/{}/{}", hub.endpoint, percent_encode_path(reference.repository),
                     percent_encode_path(reference.revision), percent_encode_path(reference.path));
}

Result<HubFile> probe_hub_file(const Hub& hub, const HubReference& reference, const TransferLimits& limits) {
  TransferRequest request{.url = resolve_url(hub, reference),
                          .head_only = true,
                          .follow_redirects = false,
                          .bearer_token = hub.token,
                          .limits = limits};
  int n_failed = 0;
  for (int n_redirects = 0; n_redirects <= limits.max_redirects;) {
    const Result<ResponseHead> head = transfer(request, {});
    Status status = head ? Status{} : std::unexpected(head.error());
    if (head && !is_redirect(head->status)) status = check_http_status(*head, request.url, !hub.token.empty());
    if (!status && status.error().code == ErrorCode::kUnavailable && ++n_failed < limits.max_tries) {
      std::this_thread::sleep_for(limits.backoff * n_failed);
      continue;
    }
    HEARTH_TRY_VOID(status);
    // A repository that was renamed redirects within the hub; the redirect to storage already carries the numbers, and
    // only the hub's own word counts.
    HEARTH_TRY(const Url here, parse_url(request.url));
    const std::string location = resolve_location(here, head->header("location"));
    const auto there = parse_url(location);
    const bool stays =
        is_redirect(head->status) && there && there->origin == here.origin && head->header("x-linked-size").empty();
    if (!stays) return read_headers(*head);
    request.url = location;
    ++n_redirects;
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("{}: too many redirects", printable_url(request.url)));
}

}  // namespace hearth::net
