// PartialFile: a file on its way, `<target>.partial`, locked against other writers, hashed as it grows, put in place at
// once.
//
// A crash at any moment leaves either the partial file or the whole target. Beside it `<target>.partial.origin`
// remembers which version of which address the bytes are from, so that a later run continues only what is still the
// same. Used by net/download and by gallery's package-index source.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/hash.h"
#include "base/result.h"
#include "net/progress.h"

namespace hearth::net {

class PartialFile {
 public:
  struct Origin {
    std::string url;
    std::string validator;  // a strong ETag or a Last-Modified date; empty when the server gave none
    std::string sha256;     // what the whole was expected to hash to; empty when unknown
  };

  // Waits while another thread or process writes the same target; a note says so once.
  // Errors: cancelled, unavailable (the folder cannot be written).
  static Result<PartialFile> open(const std::filesystem::path& target, const std::atomic<bool>* cancel,
                                  ProgressSink& progress);

  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;
  // Keeps the bytes for the next run, unless there are none.
  ~PartialFile();

  std::uint64_t size_bytes() const { return size_bytes_; }
  const Origin& origin() const { return origin_; }

  // The bytes of an earlier run count only after they were read into the hash.
  Status hash_existing(const std::atomic<bool>* cancel);
  Status restart();  // drops all bytes
  Status set_origin(Origin origin);
  // unavailable, with the numbers, when the disk has no room for a whole of this size.
  Status check_room(std::uint64_t total_bytes) const;
  Status append(std::span<const std::byte> bytes);

  // Hex SHA-256 of everything; nothing may be appended afterwards.
  std::string finish_hash();
  Status commit();  // flushed, renamed to the target, and the folder flushed
  void discard();

 private:
  PartialFile(std::filesystem::path target, int fd);
  void read_origin();

  std::filesystem::path target_, path_, origin_path_;
  int fd_ = -1;
  std::uint64_t size_bytes_ = 0;
  Origin origin_;
  base::Sha256 hash_;
};

}  // namespace hearth::net
