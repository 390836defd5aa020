// Sources: where the bytes of one model file come from, told by the scheme of a reference.
//
// A new kind of source is one file with one fetch function and one row in source.cpp. install tries a file's sources in
// order; every fetch verifies what it knows, and never replaces a good file by a bad one.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/download.h"
#include "net/hub_headers.h"
#include "net/progress.h"
#include "net/transfer_limits.h"

namespace hearth::gallery {

struct SourceRequest {
  std::string reference;  // "hf://owner/repo/file", "https://…", "pypi://…", "file:///…"
  std::filesystem::path target;
  std::optional<std::uint64_t> size_bytes;
  std::string sha256;
  net::Hub hub;
  const std::atomic<bool>* cancel = nullptr;
  net::TransferLimits limits;
};

using Fetch = Result<net::DownloadedFile> (*)(const SourceRequest&, net::ProgressSink&);

// Null when no source has the reference's scheme.
Fetch find_source(std::string_view reference);

Result<net::DownloadedFile> fetch_hf(const SourceRequest& request, net::ProgressSink& progress);
Result<net::DownloadedFile> fetch_https(const SourceRequest& request, net::ProgressSink& progress);
Result<net::DownloadedFile> fetch_file(const SourceRequest& request, net::ProgressSink& progress);
Result<net::DownloadedFile> fetch_pypi(const SourceRequest& request, net::ProgressSink& progress);

// The part of a request that every source hands to net.
net::DownloadRequest to_download(const SourceRequest& request);

}  // namespace hearth::gallery
