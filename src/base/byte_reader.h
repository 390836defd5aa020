// ByteReader: a bounds-checked little-endian cursor over bytes that we do not trust.
//
// Every read checks what is left first; an error names the offset and what was being read. Nothing is ever allocated
// from a count before the bytes it promises are known to be there.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/result.h"

namespace hearth::base {

template <typename T>
concept Scalar = std::integral<T> || std::floating_point<T>;

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t offset() const { return offset_; }
  std::size_t remaining() const { return bytes_.size() - offset_; }

  template <Scalar T>
  Result<T> read(std::string_view what) {
    static_assert(std::endian::native == std::endian::little);
    HEARTH_TRY(const auto part, take(sizeof(T), what));
    T value;
    std::memcpy(&value, part.data(), sizeof(T));
    return value;
  }

  // The next n bytes, and moves past them.
  Result<std::span<const std::byte>> take(std::uint64_t n_bytes, std::string_view what);
  Result<std::string_view> take_text(std::uint64_t n_bytes, std::string_view what);
  Status skip(std::uint64_t n_bytes, std::string_view what);

 private:
  std::span<const std::byte> bytes_;
  std::size_t offset_ = 0;
};

}  // namespace hearth::base
