// The model hub's own word on a file: its size and SHA-256, from the headers of its `resolve` address.
//
// The hub answers a resolve URL with X-Linked-Size and X-Linked-Etag (the SHA-256 of a large file) on the redirect to
// its storage, so a gallery entry needs no numbers copied by hand. gallery's hub source asks before each download.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/transfer_limits.h"

namespace hearth::net {

struct Hub {
  std::string endpoint = "https://huggingface.co";  // no slash at the end
  std::string token;                                // empty: anonymous

  // HF_ENDPOINT and HF_TOKEN of the environment, over the defaults.
  static Hub from_environment();
};

// owner/repo/path/to/file at a branch, tag or commit.
struct HubReference {
  std::string repository;  // "owner/repo"
  std::string path;        // empty when only the repository is named
  std::string revision = "main";
};

// "hf://owner/repo/path@branch", "huggingface://…" or "hf.co/…". invalid_argument when it is none of them.
Result<HubReference> parse_hub_reference(std::string_view reference);
std::string resolve_url(const Hub& hub, const HubReference& reference);

struct HubFile {
  std::optional<std::uint64_t> size_bytes;
  std::string sha256;  // empty for a small file, which the hub does not hash this way
};

// Errors: not_found, invalid_argument (licence or token needed, with what to do), unavailable.
Result<HubFile> probe_hub_file(const Hub& hub, const HubReference& reference, const TransferLimits& limits);

}  // namespace hearth::net
