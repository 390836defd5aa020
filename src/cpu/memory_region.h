// MemoryRegion: anonymous memory aligned to 2 MiB, with huge pages where the system gives them.
//
// Packed weights live in one such region (huge pages are worth 10 to 20 % of memory bandwidth), and so does the KV
// cache: address space is reserved at once and backed by memory only when first written.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace hearth::cpu {

inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

class MemoryRegion {
 public:
  MemoryRegion() = default;
  // Reserves n_bytes of zeroed memory. huge_pages asks for them (madvise); without, small pages are used, so that
  // memory is committed and given back in steps of 4 KiB. Errors: unavailable, with the size that was refused.
  static Result<MemoryRegion> reserve(std::size_t n_bytes, bool huge_pages);

  MemoryRegion(MemoryRegion&& other) noexcept;
  MemoryRegion& operator=(MemoryRegion&& other) noexcept;
  MemoryRegion(const MemoryRegion&) = delete;
  MemoryRegion& operator=(const MemoryRegion&) = delete;
  ~MemoryRegion();

  std::byte* data() const { return data_; }
  std::size_t size_bytes() const { return size_bytes_; }

  // Gives the memory behind [offset, offset + n_bytes) back; it reads as zeroes afterwards. Whole pages only.
  void decommit(std::size_t offset, std::size_t n_bytes) const;
  // Keeps the region out of swap (mlock). Errors: unavailable, with what to raise.
  Status lock() const;

 private:
  MemoryRegion(std::byte* data, std::size_t size_bytes) : data_(data), size_bytes_(size_bytes) {}

  std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace hearth::cpu
