// GgufValueReader: the scalars, strings and arrays of a GGUF file, in the widths of its version.
//
// Version 1 has 32-bit lengths and counts, later versions 64-bit ones. Every length is checked against what is left of
// the file; gguf.cpp reads the header, the metadata and the tensor infos through this.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"
#include "base/result.h"
#include "formats/checkpoint.h"

namespace hearth::formats {

// The value types of GGUF metadata, by their ids.
enum class GgufType : std::uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};

// More than any header needs (the largest vocabularies take some 40 MB); it bounds what a hostile file can allocate.
constexpr std::uint64_t kMaxGgufHeaderBytes = std::uint64_t{128} << 20;

class GgufValueReader {
 public:
  explicit GgufValueReader(std::span<const std::byte> bytes) : reader_(bytes) {}

  void set_version(std::uint32_t version) { version_ = version; }
  std::size_t offset() const { return reader_.offset(); }
  std::size_t remaining() const { return reader_.remaining(); }

  template <base::Scalar T>
  Result<T> read(std::string_view what) {
    return reader_.read<T>(what);
  }
  // A length, count or extent: 32 bits in version 1, 64 later.
  Result<std::uint64_t> read_length(std::string_view what);
  // The view lives as long as the file.
  Result<std::string_view> read_string(std::string_view what);
  // A type id and the value after it.
  Result<MetadataValue> read_value();

  // The least bytes that a string and an array take, for checking counts.
  std::uint64_t min_string_bytes() const { return version_ == 1 ? 4 : 8; }

 private:
  Result<GgufType> read_type();
  Result<MetadataValue> read_scalar(GgufType type);
  Result<MetadataValue> read_array(int depth);
  Status check_count(std::uint64_t count, std::uint64_t element_bytes);
  Status check_header_bytes(std::uint64_t n_bytes);
  Result<MetadataValue> read_strings(std::uint64_t count);
  Result<MetadataValue> read_arrays(std::uint64_t count, int depth);
  Result<MetadataValue> read_numbers(GgufType type, std::uint64_t count);
  template <typename Source, typename Target>
  Result<MetadataValue> read_flat(std::uint64_t count);
  Result<MetadataValue> read_booleans(std::uint64_t count);
  Result<MetadataValue> read_doubles(std::uint64_t count);

  base::ByteReader reader_;
  std::uint32_t version_ = 3;
};

}  // namespace hearth::formats
