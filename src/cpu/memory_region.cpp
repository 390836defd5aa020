#include "cpu/memory_region.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace hearth::cpu {

MemoryRegion::MemoryRegion(MemoryRegion&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

MemoryRegion& MemoryRegion::operator=(MemoryRegion&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

MemoryRegion::~MemoryRegion() {
  if (data_ != nullptr) {
    munmap(data_, size_bytes_);
  }
}

Result<MemoryRegion> MemoryRegion::reserve(std::size_t n_bytes, bool huge_pages) {
  const std::size_t size_bytes = (n_bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  if (size_bytes == 0) {
    return MemoryRegion();
  }
  // mmap aligns to 4 KiB only: take one huge page more and cut off both ends.
  void* mapped = mmap(nullptr, size_bytes + kHugePageBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot reserve {} MiB of memory: {}", size_bytes >> 20, std::strerror(errno)));
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(mapped);
  const auto aligned = (begin + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  if (aligned > begin) {
    munmap(mapped, aligned - begin);
  }
  const auto tail = begin + kHugePageBytes - aligned;
  if (tail > 0) {
    munmap(reinterpret_cast<void*>(aligned + size_bytes), tail);
  }
  void* data = reinterpret_cast<void*>(aligned);
  madvise(data, size_bytes, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return MemoryRegion(static_cast<std::byte*>(data), size_bytes);
}

void MemoryRegion::decommit(std::size_t offset, std::size_t n_bytes) const {
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t begin = (offset + page_bytes - 1) / page_bytes * page_bytes;
  const std::size_t end = (offset + n_bytes) / page_bytes * page_bytes;
  if (begin < end) {
    madvise(data_ + begin, end - begin, MADV_DONTNEED);
  }
}

Status MemoryRegion::lock() const {
  if (data_ != nullptr && mlock(data_, size_bytes_) != 0) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot lock {} MiB of weights in memory: {}; raise the limit with `ulimit -l unlimited`",
                            size_bytes_ >> 20, std::strerror(errno)));
  }
  return {};
}

}  // namespace hearth::cpu
