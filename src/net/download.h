// download(): fetch one URL (https, http or file) into a file that is either whole and verified or not there.
//
// Bytes go to `<target>.partial`, which survives a crash and is continued with a Range request; the SHA-256 is checked
// before the atomic rename, so a wrong file never replaces a good one. Two callers (threads or processes) of one target
// share one download: a lock on the partial file makes the second wait. gallery/install calls this for every source.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/progress.h"
#include "net/transfer_limits.h"

namespace hearth::net {

struct DownloadRequest {
  std::string url;
  std::filesystem::path target;             // its folder must exist
  std::optional<std::uint64_t> size_bytes;  // when known: checked before and after
  std::string sha256;                       // lower-case hex; empty when unknown
  std::string bearer_token;                 // sent to the URL's own origin only, never to a redirect's
  const std::atomic<bool>* cancel = nullptr;
  TransferLimits limits;
};

struct DownloadedFile {
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;
  std::string sha256;
  std::uint64_t resumed_from = 0;  // bytes that an earlier run had left in the partial file
  bool already_present = false;    // the target was there and matched: nothing was fetched
};

// A target that exists is kept when its SHA-256 (or, without one, its size, or without both its presence) matches.
// Errors: not_found / invalid_argument (a 4xx answer, with what to do), unavailable (network or disk, after all tries;
// the partial file stays for the next run), corrupt_file (wrong size or SHA-256; the partial file is gone, the target
// is untouched), cancelled.
Result<DownloadedFile> download(const DownloadRequest& request, ProgressSink& progress);

// The file that is at the target already, by the same rule; nullopt when there is none or another one.
Result<std::optional<DownloadedFile>> find_present(const DownloadRequest& request, ProgressSink& progress);

}  // namespace hearth::net
