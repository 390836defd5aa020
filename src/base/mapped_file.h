// MappedFile: a read-only memory map of a whole file, how every weight file is opened.
//
// The bytes stay valid while the object lives. Pages that have been packed are given back with release(), so that
// the resident size of a load stays near one copy of the weights.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "base/result.h"

namespace hearth::base {

class MappedFile {
 public:
  // Errors: not_found (no such file), unavailable (cannot be opened or mapped), invalid_argument (a folder).
  // An empty file maps to an empty span.
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_bytes_}; }
  const std::filesystem::path& path() const { return path_; }

  // Drops the resident pages that lie wholly inside `part`; reading them again reads the file again.
  void release(std::span<const std::byte> part) const;

 private:
  MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size_bytes);

  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace hearth::base
