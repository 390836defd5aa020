#include "base/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace hearth::base {

MappedFile::MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size_bytes)
    : path_(std::move(path)), data_(data), size_bytes_(size_bytes) {}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) {
    munmap(const_cast<std::byte*>(data_), size_bytes_);
  }
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const int code = errno;
    return fail(code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                fmt::format("{}: cannot be opened: {}", path.string(), std::strerror(code)), path.string());
  }
  struct stat info{};
  const bool known = fstat(descriptor, &info) == 0;
  if (!known || !S_ISREG(info.st_mode)) {
    close(descriptor);
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: is not a regular file", path.string()), path.string());
  }
  const auto size_bytes = static_cast<std::size_t>(info.st_size);
  if (size_bytes == 0) {
    close(descriptor);
    return MappedFile(path, nullptr, 0);
  }
  void* mapped = mmap(nullptr, size_bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  const int code = errno;
  close(descriptor);
  if (mapped == MAP_FAILED) {
    return fail(ErrorCode::kUnavailable, fmt::format("{}: cannot be mapped: {}", path.string(), std::strerror(code)),
                path.string());
  }
  return MappedFile(path, static_cast<const std::byte*>(mapped), size_bytes);
}

void MappedFile::release(std::span<const std::byte> part) const {
  const auto page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(part.data()) + page_bytes - 1) / page_bytes * page_bytes;
  const auto end = (reinterpret_cast<std::uintptr_t>(part.data()) + part.size()) / page_bytes * page_bytes;
  if (begin < end) {
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

}  // namespace hearth::base
