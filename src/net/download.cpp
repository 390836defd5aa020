#include "net/download.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "net/file_hash.h"
#include "net/http_status.h"
#include "net/partial_file.h"
#include "net/transfer.h"
#include "net/url.h"

namespace hearth::net {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kProgressInterval = std::chrono::milliseconds(100);

std::string file_name(const DownloadRequest& request) {
  return request.target.filename().string();
}

// Which file the target names, to see whether another process put one there while we waited.
struct FileIdentity {
  ino_t inode = 0;
  std::int64_t size_bytes = -1;
  std::int64_t changed_ns = 0;
  bool operator==(const FileIdentity&) const = default;

  static FileIdentity of(const std::filesystem::path& path) {
    struct stat state = {};
    if (::stat(path.c_str(), &state) != 0) return {};
    return {state.st_ino, state.st_size, state.st_mtim.tv_sec * 1'000'000'000 + state.st_mtim.tv_nsec};
  }
};

std::string validator_of(const ResponseHead& head) {
  const std::string_view etag = head.header("etag");
  if (!etag.empty() && !etag.starts_with("W/")) return std::string(etag);
  return std::string(head.header("last-modified"));
}

class Download {
 public:
  Download(const DownloadRequest& request, ProgressSink& progress, PartialFile& partial)
      : request_(request), progress_(progress), partial_(partial), name_(file_name(request)) {}

  Result<DownloadedFile> run();

 private:
  bool can_resume() const;
  Status prepare();
  Status fetch_with_tries();
  Status fetch_once();
  Status on_head(const ResponseHead& head, std::uint64_t range_from);
  Status on_body(std::span<const std::byte> bytes);
  Status disk(Status status);  // notes a failure of the disk
  Status wait_before_try(int n_failed);
  Error give_up(Error error) const;
  Status verify(const std::string& sha256) const;

  const DownloadRequest& request_;
  ProgressSink& progress_;
  PartialFile& partial_;
  std::string name_;
  std::uint64_t resumed_from_ = 0;
  std::optional<std::uint64_t> total_bytes_;
  std::chrono::seconds retry_after_{0};
  Clock::time_point reported_;
  bool disk_failed_ = false;  // then another try would not help
};

Status Download::disk(Status status) {
  if (!status) disk_failed_ = true;
  return status;
}

bool Download::can_resume() const {
  if (partial_.size_bytes() == 0) return false;
  const PartialFile::Origin& origin = partial_.origin();
  const bool same_bytes = !request_.sha256.empty() && origin.sha256 == request_.sha256;
  return same_bytes || (origin.url == request_.url && !origin.validator.empty());
}

Status Download::prepare() {
  const bool is_file = request_.url.starts_with("file:");  // copying again is cheaper than being sure
  if (is_file || !can_resume() || (request_.size_bytes && partial_.size_bytes() > *request_.size_bytes)) {
    return partial_.restart();
  }
  resumed_from_ = partial_.size_bytes();
  return partial_.hash_existing(request_.cancel);
}

Status Download::on_head(const ResponseHead& head, std::uint64_t range_from) {
  std::optional<std::uint64_t> total = head.content_length();
  bool append = false;
  if (head.status == 206) {
    const auto range = head.content_range();
    const bool same_version = !partial_.origin().validator.starts_with('"') || head.header("etag").empty() ||
                              head.header("etag") == partial_.origin().validator ||
                              partial_.origin().url != request_.url;
    append = range && range->first == range_from && same_version;
    if (!append) {
      resumed_from_ = 0;
      HEARTH_TRY_VOID(disk(partial_.restart()));
      return fail(ErrorCode::kUnavailable, fmt::format("{}: the server sent another part than asked for", name_));
    }
    total = range->total ? range->total : total ? std::optional(*total + range_from) : std::nullopt;
  }
  if (range_from > 0 && !append) {
    progress_.on_note(fmt::format("{}: the server sends it from the start again", name_));
    resumed_from_ = 0;
    HEARTH_TRY_VOID(disk(partial_.restart()));
  }
  if (request_.size_bytes && total && *total != *request_.size_bytes) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: the server has {} bytes, expected {}",
                                                     printable_url(request_.url), *total, *request_.size_bytes));
  }
  total_bytes_ = total ? total : request_.size_bytes;
  if (total_bytes_) HEARTH_TRY_VOID(disk(partial_.check_room(*total_bytes_)));
  return disk(partial_.set_origin({request_.url, validator_of(head), request_.sha256}));
}

Status Download::on_body(std::span<const std::byte> bytes) {
  if (total_bytes_ && partial_.size_bytes() + bytes.size() > *total_bytes_) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: the server sends more than {} bytes", name_, *total_bytes_));
  }
  HEARTH_TRY_VOID(disk(partial_.append(bytes)));
  const auto now = Clock::now();
  if (now - reported_ >= kProgressInterval) {
    reported_ = now;
    progress_.on_progress({name_, partial_.size_bytes(), total_bytes_});
  }
  return {};
}

Status Download::fetch_once() {
  if (!can_resume()) HEARTH_TRY_VOID(disk(partial_.restart()));
  const std::uint64_t range_from = partial_.size_bytes();
  TransferRequest transfer_request{.url = request_.url,
                                   .range_from = range_from,
                                   .bearer_token = request_.bearer_token,
                                   .cancel = request_.cancel,
                                   .limits = request_.limits};
  if (range_from > 0 && partial_.origin().url == request_.url) transfer_request.if_range = partial_.origin().validator;
  const TransferReceiver receiver{.on_head = [&](const ResponseHead& head) { return on_head(head, range_from); },
                                  .on_body = [&](std::span<const std::byte> bytes) { return on_body(bytes); }};
  HEARTH_TRY(const ResponseHead head, transfer(transfer_request, receiver));
  if (head.status == 416 && range_from > 0) {  // the file there is shorter than what we have: it is another one
    HEARTH_TRY_VOID(disk(partial_.restart()));
    resumed_from_ = 0;
    return fail(ErrorCode::kUnavailable, fmt::format("{}: the server no longer has that part", name_));
  }
  retry_after_ = retry_after(head);
  HEARTH_TRY_VOID(check_http_status(head, request_.url, !request_.bearer_token.empty()));
  if (total_bytes_ && partial_.size_bytes() != *total_bytes_) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{}: the connection ended at {} of {} bytes", name_, partial_.size_bytes(), *total_bytes_));
  }
  return {};
}

Status Download::wait_before_try(int n_failed) {
  std::chrono::milliseconds pause = request_.limits.backoff * (1 << std::min(n_failed - 1, 6));
  pause = std::max<std::chrono::milliseconds>(pause, retry_after_);
  for (const auto end = Clock::now() + pause; Clock::now() < end;) {
    if (request_.cancel != nullptr && request_.cancel->load()) return fail(ErrorCode::kCancelled, "download cancelled");
    std::this_thread::sleep_for(std::min<Clock::duration>(end - Clock::now(), std::chrono::milliseconds(100)));
  }
  return {};
}

Error Download::give_up(Error error) const {
  if (partial_.size_bytes() > 0) {
    error.message += fmt::format("; {} bytes are kept, run the same again to go on from there", partial_.size_bytes());
  }
  return error;
}

Status Download::fetch_with_tries() {
  // A try that brought a good part of the file does not count as a failure: on a bad line a large file needs many.
  constexpr std::uint64_t kProgressBytes = std::uint64_t{8} << 20;
  for (int n_failed = 0;;) {
    if (request_.size_bytes && partial_.size_bytes() == *request_.size_bytes && partial_.size_bytes() > 0) return {};
    const std::uint64_t before = partial_.size_bytes();
    const Status status = fetch_once();
    if (status) return {};
    if (status.error().code != ErrorCode::kUnavailable) return status;
    if (disk_failed_) return std::unexpected(give_up(status.error()));
    const bool moved = partial_.size_bytes() >= before + kProgressBytes;
    n_failed = moved ? 1 : n_failed + 1;
    if (n_failed >= request_.limits.max_tries) return std::unexpected(give_up(status.error()));
    progress_.on_note(
        fmt::format("{}; trying again ({} of {})", status.error().message, n_failed + 1, request_.limits.max_tries));
    HEARTH_TRY_VOID(wait_before_try(n_failed));
  }
}

Status Download::verify(const std::string& sha256) const {
  if (request_.size_bytes && partial_.size_bytes() != *request_.size_bytes) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: got {} bytes, expected {}", printable_url(request_.url),
                                                     partial_.size_bytes(), *request_.size_bytes));
  }
  if (!request_.sha256.empty() && sha256 != request_.sha256) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}: wrong checksum: expected sha256 {}, got {}; nothing was replaced",
                            printable_url(request_.url), request_.sha256, sha256));
  }
  return {};
}

Result<DownloadedFile> Download::run() {
  HEARTH_TRY_VOID(prepare());
  for (;;) {
    const bool has_old_bytes = resumed_from_ > 0;
    if (const Status status = fetch_with_tries(); !status) {
      if (status.error().code == ErrorCode::kCorruptFile) partial_.discard();
      return std::unexpected(status.error());
    }
    progress_.on_progress({name_, partial_.size_bytes(), partial_.size_bytes()});
    const std::string sha256 = partial_.finish_hash();
    const Status verified = verify(sha256);
    if (verified) {
      DownloadedFile file{request_.target, partial_.size_bytes(), sha256, resumed_from_, false};
      HEARTH_TRY_VOID(partial_.commit());
      return file;
    }
    if (!has_old_bytes || resumed_from_ == 0) {
      partial_.discard();
      return std::unexpected(verified.error());
    }
    // The part from the earlier run may be what is wrong: one more time, from the start.
    progress_.on_note(fmt::format("{}: wrong checksum after resuming; fetching all of it again", name_));
    HEARTH_TRY_VOID(disk(partial_.restart()));
    resumed_from_ = 0;
  }
}

}  // namespace

Result<std::optional<DownloadedFile>> find_present(const DownloadRequest& request, ProgressSink& progress) {
  std::error_code error;
  if (std::filesystem::is_directory(request.target, error)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} is a folder", request.target.string()));
  }
  if (!std::filesystem::is_regular_file(request.target, error)) return std::nullopt;
  const std::uint64_t size_bytes = std::filesystem::file_size(request.target, error);
  if (error || (request.size_bytes && *request.size_bytes != size_bytes)) return std::nullopt;
  DownloadedFile file{.path = request.target, .size_bytes = size_bytes, .already_present = true};
  if (!request.sha256.empty()) {
    const std::string name = file_name(request);
    HEARTH_TRY(file.sha256, hash_file(request.target, request.cancel,
                                      [&](std::uint64_t n_done) { progress.on_progress({name, n_done, size_bytes}); }));
    if (file.sha256 != request.sha256) return std::nullopt;
  }
  return file;
}

Result<DownloadedFile> download(const DownloadRequest& request, ProgressSink& progress) {
  HEARTH_TRY_VOID(parse_url(request.url));
  const FileIdentity before = FileIdentity::of(request.target);
  HEARTH_TRY(const auto present, find_present(request, progress));
  if (present) return *present;
  HEARTH_TRY(PartialFile partial, PartialFile::open(request.target, request.cancel, progress));
  if (FileIdentity::of(request.target) != before) {
    HEARTH_TRY(const auto shared, find_present(request, progress));
    if (shared) return *shared;
  }
  return Download(request, progress, partial).run();
}

}  // namespace hearth::net
