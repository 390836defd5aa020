#include "net/partial_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "base/json.h"

namespace hearth::net {
namespace {

constexpr auto kLockPoll = std::chrono::milliseconds(100);

// True when `fd` is still what the path names: the holder before us may have renamed or removed it.
bool is_current(int fd, const std::filesystem::path& path) {
  struct stat by_fd = {}, by_path = {};
  return ::fstat(fd, &by_fd) == 0 && ::lstat(path.c_str(), &by_path) == 0 && by_fd.st_ino == by_path.st_ino &&
         by_fd.st_dev == by_path.st_dev;
}

Error error_of(const std::filesystem::path& path, const char* action) {
  return {ErrorCode::kUnavailable, fmt::format("{}: cannot {}: {}", path.string(), action, std::strerror(errno)),
          path.string()};
}

// Takes the lock on fd, waiting for its holder; false when the file was replaced meanwhile and must be opened anew.
Result<bool> lock(int fd, const std::filesystem::path& path, const std::atomic<bool>* cancel, ProgressSink& progress) {
  for (bool noted = false; ::flock(fd, LOCK_EX | LOCK_NB) != 0;) {
    if (errno != EWOULDBLOCK && errno != EINTR) return std::unexpected(error_of(path, "be locked"));
    if (cancel != nullptr && cancel->load()) return fail(ErrorCode::kCancelled, "download cancelled");
    const std::string name = path.stem().string();
    if (!std::exchange(noted, true))
      progress.on_note(fmt::format("{} is being downloaded already: waiting for it", name));
    struct stat state = {};
    if (::fstat(fd, &state) == 0) progress.on_progress({name, static_cast<std::uint64_t>(state.st_size), {}});
    std::this_thread::sleep_for(kLockPoll);
  }
  return is_current(fd, path);
}

std::string text_field(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<PartialFile> PartialFile::open(const std::filesystem::path& target, const std::atomic<bool>* cancel,
                                      ProgressSink& progress) {
  const std::filesystem::path path = target.string() + ".partial";
  for (;;) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return std::unexpected(error_of(path, "be written"));
    const Result<bool> current = lock(fd, path, cancel, progress);
    if (!current || !*current) {
      ::close(fd);
      if (!current) return std::unexpected(current.error());
      continue;
    }
    PartialFile file(target, fd);
    struct stat state = {};
    if (::fstat(fd, &state) != 0 || !S_ISREG(state.st_mode)) return std::unexpected(error_of(path, "be written"));
    file.size_bytes_ = static_cast<std::uint64_t>(state.st_size);
    file.read_origin();
    return file;
  }
}

PartialFile::PartialFile(std::filesystem::path target, int fd)
    : target_(std::move(target)),
      path_(target_.string() + ".partial"),
      origin_path_(path_.string() + ".origin"),
      fd_(fd) {}

PartialFile::PartialFile(PartialFile&& other) noexcept
    : target_(std::move(other.target_)),
      path_(std::move(other.path_)),
      origin_path_(std::move(other.origin_path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_bytes_(other.size_bytes_),
      origin_(std::move(other.origin_)),
      hash_(std::move(other.hash_)) {}

PartialFile::~PartialFile() {
  if (fd_ < 0) return;
  if (size_bytes_ == 0) {
    discard();
  } else {
    ::close(fd_);
  }
}

void PartialFile::read_origin() {
  std::ifstream file(origin_path_);
  std::ostringstream text;
  text << file.rdbuf();
  const auto json = base::parse_json(text.str(), {.max_bytes = 1 << 16, .max_depth = 4});
  if (!json || !json->is_object()) return;
  origin_ = {text_field(*json, "url"), text_field(*json, "validator"), text_field(*json, "sha256")};
}

Status PartialFile::hash_existing(const std::atomic<bool>* cancel) {
  hash_ = base::Sha256();
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  for (std::uint64_t offset = 0; offset < size_bytes_;) {
    if (cancel != nullptr && cancel->load()) return fail(ErrorCode::kCancelled, "download cancelled");
    const ssize_t n_read = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (n_read < 0 && errno == EINTR) continue;
    if (n_read <= 0) return std::unexpected(error_of(path_, "be read"));
    hash_.update(std::span<const std::byte>(buffer).first(static_cast<std::size_t>(n_read)));
    offset += static_cast<std::uint64_t>(n_read);
  }
  return {};
}

Status PartialFile::restart() {
  if (::ftruncate(fd_, 0) != 0) return std::unexpected(error_of(path_, "be written"));
  size_bytes_ = 0;
  hash_ = base::Sha256();
  return {};
}

Status PartialFile::set_origin(Origin origin) {
  const Json json = {{"url", origin.url}, {"validator", origin.validator}, {"sha256", origin.sha256}};
  std::ofstream file(origin_path_, std::ios::trunc);
  file << base::dump_json(json) << '\n';
  file.close();
  if (!file) return std::unexpected(error_of(origin_path_, "be written"));
  origin_ = std::move(origin);
  return {};
}

Status PartialFile::check_room(std::uint64_t total_bytes) const {
  struct statvfs disk = {};
  if (::fstatvfs(fd_, &disk) != 0) return {};  // a file system that does not say: the write itself will tell
  const std::uint64_t free_bytes = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  const std::uint64_t needed_bytes = total_bytes > size_bytes_ ? total_bytes - size_bytes_ : 0;
  if (needed_bytes <= free_bytes) return {};
  return fail(
      ErrorCode::kUnavailable,
      fmt::format("{}: {} bytes more are needed and the disk has {} free: make room or use another models folder",
                  target_.string(), needed_bytes, free_bytes),
      target_.string());
}

Status PartialFile::append(std::span<const std::byte> bytes) {
  std::span<const std::byte> rest = bytes;
  while (!rest.empty()) {
    const ssize_t n_written = ::pwrite(fd_, rest.data(), rest.size(), static_cast<off_t>(size_bytes_));
    if (n_written < 0 && errno == EINTR) continue;
    if (n_written < 0) return std::unexpected(error_of(path_, "be written"));
    const auto part = rest.first(static_cast<std::size_t>(n_written));
    hash_.update(part);
    size_bytes_ += part.size();
    rest = rest.subspan(part.size());
  }
  return {};
}

std::string PartialFile::finish_hash() {
  return base::to_hex(hash_.finish());
}

Status PartialFile::commit() {
  if (::fsync(fd_) != 0) return std::unexpected(error_of(path_, "be written"));
  if (::rename(path_.c_str(), target_.c_str()) != 0) return std::unexpected(error_of(target_, "be put in place"));
  ::unlink(origin_path_.c_str());
  std::filesystem::path folder = target_.parent_path();
  if (folder.empty()) folder = ".";
  const int folder_fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd >= 0) {
    ::fsync(folder_fd);
    ::close(folder_fd);
  }
  ::close(std::exchange(fd_, -1));
  return {};
}

void PartialFile::discard() {
  if (fd_ < 0) return;
  // The name goes before the lock does: who waits for the lock then sees that the file is not current and opens anew.
  ::unlink(origin_path_.c_str());
  ::unlink(path_.c_str());
  ::close(std::exchange(fd_, -1));
}

}  // namespace hearth::net
