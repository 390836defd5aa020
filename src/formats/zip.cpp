#include "formats/zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/byte_reader.h"

namespace hearth::formats {
namespace {

using base::ByteReader;
using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kEnd64Locator = 0x07064b50;
constexpr std::uint16_t kZip64Extra = 0x0001;
constexpr std::uint64_t kEndBytes = 22, kLocatorBytes = 20, kLocalHeaderBytes = 30, kDirectoryEntryBytes = 46;
constexpr std::uint64_t kMaxCommentBytes = 0xffff;
constexpr std::uint32_t kIn64 = 0xffffffff;  // "look into the ZIP64 field"
constexpr std::uint64_t kMaxRatio = 1032;    // of deflate: 258 bytes for two bits

std::unexpected<Error> corrupt(const std::string& where, std::uint64_t offset, std::string_view what) {
  return fail(ErrorCode::kCorruptFile, fmt::format("{}: at byte {}: {}", where, offset, what), where);
}

template <typename T>
Result<T> read_at(Bytes bytes, std::uint64_t offset, std::string_view what) {
  ByteReader reader(bytes);
  HEARTH_TRY_VOID(reader.skip(offset, what));
  return reader.read<T>(what);
}

struct Directory {
  std::uint64_t offset = 0, size_bytes = 0, n_entries = 0;
  std::uint64_t end = 0;  // where the end record begins: everything else lies before it
};

// The end record is the last thing in the file but for its comment, whose length it tells.
Result<std::uint64_t> find_end(Bytes bytes, const std::string& where) {
  for (std::uint64_t back = kEndBytes; back <= bytes.size() && back <= kEndBytes + kMaxCommentBytes; ++back) {
    const std::uint64_t offset = bytes.size() - back;
    if (read_at<std::uint32_t>(bytes, offset, "end record").value_or(0) != kEnd) continue;
    if (read_at<std::uint16_t>(bytes, offset + 20, "comment length").value_or(0) == back - kEndBytes) return offset;
  }
  return corrupt(where, bytes.size(), "not a ZIP file, or cut off: it has no end record");
}

Result<Directory> read_end64(Bytes bytes, std::uint64_t end, const std::string& where) {
  if (end < kLocatorBytes) return corrupt(where, end, "the ZIP64 locator is missing");
  ByteReader locator(bytes.subspan(end - kLocatorBytes, kLocatorBytes));
  HEARTH_TRY(const auto signature, locator.read<std::uint32_t>("ZIP64 locator"));
  HEARTH_TRY(const auto disk, locator.read<std::uint32_t>("ZIP64 locator"));
  HEARTH_TRY(const auto offset, locator.read<std::uint64_t>("ZIP64 locator"));
  if (signature != kEnd64Locator || disk != 0)
    return corrupt(where, end - kLocatorBytes, "the ZIP64 locator is missing");
  if (offset > end - kLocatorBytes)
    return corrupt(where, end - kLocatorBytes, "the ZIP64 end record lies behind its locator");
  ByteReader record(bytes.subspan(offset, end - kLocatorBytes - offset));
  HEARTH_TRY(const auto record_signature, record.read<std::uint32_t>("ZIP64 end record"));
  if (record_signature != kEnd64) return corrupt(where, offset, "not a ZIP64 end record");
  // Size of the record, versions, two disk numbers and the entries on this disk.
  HEARTH_TRY_VOID(record.skip(8 + 2 + 2, "ZIP64 end record"));
  HEARTH_TRY(const auto this_disk, record.read<std::uint32_t>("ZIP64 end record"));
  HEARTH_TRY(const auto directory_disk, record.read<std::uint32_t>("ZIP64 end record"));
  HEARTH_TRY(const auto n_here, record.read<std::uint64_t>("ZIP64 end record"));
  Directory directory{.end = offset};
  HEARTH_TRY(directory.n_entries, record.read<std::uint64_t>("ZIP64 end record"));
  HEARTH_TRY(directory.size_bytes, record.read<std::uint64_t>("ZIP64 end record"));
  HEARTH_TRY(directory.offset, record.read<std::uint64_t>("ZIP64 end record"));
  if (this_disk != 0 || directory_disk != 0 || n_here != directory.n_entries) {
    return corrupt(where, offset, "archives in several parts are not read");
  }
  return directory;
}

Result<Directory> read_end(Bytes bytes, const std::string& where) {
  HEARTH_TRY(const std::uint64_t end, find_end(bytes, where));
  ByteReader record(bytes.subspan(end));
  HEARTH_TRY_VOID(record.skip(4, "end record"));
  HEARTH_TRY(const auto this_disk, record.read<std::uint16_t>("end record"));
  HEARTH_TRY(const auto directory_disk, record.read<std::uint16_t>("end record"));
  HEARTH_TRY(const auto n_here, record.read<std::uint16_t>("end record"));
  HEARTH_TRY(const auto n_entries, record.read<std::uint16_t>("end record"));
  HEARTH_TRY(const auto size_bytes, record.read<std::uint32_t>("end record"));
  HEARTH_TRY(const auto offset, record.read<std::uint32_t>("end record"));
  Directory directory{offset, size_bytes, n_entries, end};
  if (n_entries == 0xffff || size_bytes == kIn64 || offset == kIn64) {
    HEARTH_TRY(directory, read_end64(bytes, end, where));
  } else if (this_disk != 0 || directory_disk != 0 || n_here != n_entries) {
    return corrupt(where, end, "archives in several parts are not read");
  }
  if (directory.offset > directory.end || directory.size_bytes > directory.end - directory.offset) {
    return corrupt(where, end, "the directory reaches beyond the file");
  }
  if (directory.n_entries > directory.size_bytes / kDirectoryEntryBytes) {
    return corrupt(where, end, fmt::format("{} members do not fit into the directory", directory.n_entries));
  }
  return directory;
}

// Replaces what the entry left to its ZIP64 field, which holds only those values, in this order.
Status read_extra(Bytes extra, ZipMember& member, bool size_in_64, bool packed_in_64, bool offset_in_64) {
  ByteReader reader(extra);
  while (reader.remaining() >= 4) {
    HEARTH_TRY(const auto id, reader.read<std::uint16_t>("extra field"));
    HEARTH_TRY(const auto length, reader.read<std::uint16_t>("extra field"));
    HEARTH_TRY(const Bytes content, reader.take(length, "extra field"));
    if (id != kZip64Extra) continue;
    ByteReader values(content);
    if (size_in_64) {
      HEARTH_TRY(member.size_bytes, values.read<std::uint64_t>("ZIP64 size"));
    }
    if (packed_in_64) {
      HEARTH_TRY(member.packed_bytes, values.read<std::uint64_t>("ZIP64 packed size"));
    }
    if (offset_in_64) {
      HEARTH_TRY(member.header_offset, values.read<std::uint64_t>("ZIP64 offset"));
    }
    return {};
  }
  if (size_in_64 || packed_in_64 || offset_in_64) return fail(ErrorCode::kCorruptFile, "the ZIP64 field is missing");
  return {};
}

Result<ZipMember> read_entry(ByteReader& reader) {
  ZipMember member;
  HEARTH_TRY(const auto signature, reader.read<std::uint32_t>("directory entry"));
  if (signature != kDirectoryEntry) return fail(ErrorCode::kCorruptFile, "not a directory entry");
  HEARTH_TRY_VOID(reader.skip(2 + 2, "directory entry"));  // versions
  HEARTH_TRY(const auto flags, reader.read<std::uint16_t>("directory entry"));
  member.encrypted = (flags & 1) != 0;
  HEARTH_TRY(member.method, reader.read<std::uint16_t>("directory entry"));
  HEARTH_TRY_VOID(reader.skip(2 + 2, "directory entry"));  // time and date
  HEARTH_TRY(member.crc32, reader.read<std::uint32_t>("directory entry"));
  HEARTH_TRY(const auto packed_bytes, reader.read<std::uint32_t>("directory entry"));
  HEARTH_TRY(const auto size_bytes, reader.read<std::uint32_t>("directory entry"));
  HEARTH_TRY(const auto name_length, reader.read<std::uint16_t>("directory entry"));
  HEARTH_TRY(const auto extra_length, reader.read<std::uint16_t>("directory entry"));
  HEARTH_TRY(const auto comment_length, reader.read<std::uint16_t>("directory entry"));
  HEARTH_TRY_VOID(reader.skip(2 + 2 + 4, "directory entry"));  // disk, attributes
  HEARTH_TRY(const auto header_offset, reader.read<std::uint32_t>("directory entry"));
  HEARTH_TRY(const auto name, reader.take_text(name_length, "member name"));
  HEARTH_TRY(const Bytes extra, reader.take(extra_length, "extra fields"));
  HEARTH_TRY_VOID(reader.skip(comment_length, "member comment"));
  member.name = name;
  member.size_bytes = size_bytes;
  member.packed_bytes = packed_bytes;
  member.header_offset = header_offset;
  HEARTH_TRY_VOID(read_extra(extra, member, size_bytes == kIn64, packed_bytes == kIn64, header_offset == kIn64));
  return member;
}

Status check_member(const ZipMember& member, std::uint64_t directory_offset) {
  const std::uint64_t head_bytes = kLocalHeaderBytes + member.name.size();
  if (head_bytes > directory_offset || member.header_offset > directory_offset - head_bytes ||
      member.packed_bytes > directory_offset - head_bytes - member.header_offset) {
    return fail(ErrorCode::kCorruptFile, fmt::format("member '{}' reaches beyond the file's data", member.name));
  }
  if (member.method == 0 && member.size_bytes != member.packed_bytes) {
    return fail(ErrorCode::kCorruptFile, fmt::format("stored member '{}' has two sizes", member.name));
  }
  if (member.size_bytes / kMaxRatio > member.packed_bytes) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("member '{}' cannot unpack to {} bytes", member.name, member.size_bytes));
  }
  return {};
}

// Members that share bytes are how small archives unpack to petabytes.
Status check_overlap(const std::vector<ZipMember>& members) {
  std::vector<const ZipMember*> sorted;
  for (const ZipMember& member : members) sorted.push_back(&member);
  std::ranges::sort(sorted, {}, &ZipMember::header_offset);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const ZipMember& before = *sorted[i - 1];
    if (before.header_offset + kLocalHeaderBytes + before.name.size() + before.packed_bytes >
        sorted[i]->header_offset) {
      return fail(ErrorCode::kCorruptFile, fmt::format("members '{}' and '{}' overlap", before.name, sorted[i]->name));
    }
  }
  return {};
}

class Inflater {
 public:
  Inflater() : ready_(inflateInit2(&stream_, -MAX_WBITS) == Z_OK) {}
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Unpacks all of `packed`; `sink` sees each piece. False when the stream is damaged or does not end with its bytes.
  Result<bool> run(Bytes packed, const std::function<Status(Bytes)>& sink) {
    if (!ready_) return fail(ErrorCode::kInternal, "zlib could not start");
    std::vector<std::byte> buffer(std::size_t{1} << 18);
    for (int state = Z_OK; state != Z_STREAM_END;) {
      if (stream_.avail_in == 0) {
        const Bytes piece = packed.first(std::min(packed.size(), std::size_t{1} << 30));  // zlib counts in 32 bits
        packed = packed.subspan(piece.size());
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(piece.data()));
        stream_.avail_in = static_cast<uInt>(piece.size());
      }
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = static_cast<uInt>(buffer.size());
      state = inflate(&stream_, Z_NO_FLUSH);
      if (state != Z_OK && state != Z_STREAM_END) return false;
      HEARTH_TRY_VOID(sink(Bytes(buffer).first(buffer.size() - stream_.avail_out)));
    }
    return stream_.avail_in == 0 && packed.empty();
  }

 private:
  z_stream stream_{};
  bool ready_;
};

}  // namespace

Result<ZipArchive> ZipArchive::open(const std::filesystem::path& path) {
  HEARTH_TRY(base::MappedFile file, base::MappedFile::open(path));
  HEARTH_TRY(ZipArchive archive, read(file.bytes(), path.string()));
  archive.file_ = std::move(file);
  return archive;
}

Result<ZipArchive> ZipArchive::read(std::span<const std::byte> bytes, std::string where) {
  ZipArchive archive;
  archive.bytes_ = bytes;
  archive.where_ = std::move(where);
  HEARTH_TRY(const Directory directory, read_end(bytes, archive.where_));
  ByteReader reader(bytes.subspan(directory.offset, directory.size_bytes));
  std::unordered_set<std::string> names;
  for (std::uint64_t i = 0; i < directory.n_entries; ++i) {
    const std::uint64_t offset = directory.offset + reader.offset();
    auto member = read_entry(reader);
    if (!member) return corrupt(archive.where_, offset, member.error().message);
    if (const Status status = check_member(*member, directory.offset); !status) {
      return corrupt(archive.where_, offset, status.error().message);
    }
    if (!names.insert(member->name).second) {
      return corrupt(archive.where_, offset, fmt::format("two members are called '{}'", member->name));
    }
    archive.members_.push_back(*std::move(member));
  }
  if (const Status status = check_overlap(archive.members_); !status) {
    return corrupt(archive.where_, directory.offset, status.error().message);
  }
  return archive;
}

const ZipMember* ZipArchive::find(std::string_view name) const {
  const auto found = std::ranges::find(members_, name, &ZipMember::name);
  return found == members_.end() ? nullptr : &*found;
}

Result<std::span<const std::byte>> ZipArchive::packed_bytes(const ZipMember& member) const {
  const auto wrong = [&](std::string_view what) { return corrupt(where_, member.header_offset, what); };
  ByteReader reader(bytes_);
  HEARTH_TRY_VOID(reader.skip(member.header_offset, "local header"));
  HEARTH_TRY(const auto signature, reader.read<std::uint32_t>("local header"));
  if (signature != kLocalHeader) return wrong("not a local header");
  HEARTH_TRY_VOID(reader.skip(2 + 2, "local header"));  // version and flags
  HEARTH_TRY(const auto method, reader.read<std::uint16_t>("local header"));
  HEARTH_TRY_VOID(reader.skip(2 + 2 + 4 + 4 + 4, "local header"));  // time, CRC and sizes: the directory's count
  HEARTH_TRY(const auto name_length, reader.read<std::uint16_t>("local header"));
  HEARTH_TRY(const auto extra_length, reader.read<std::uint16_t>("local header"));
  HEARTH_TRY(const auto name, reader.take_text(name_length, "local header's name"));
  HEARTH_TRY_VOID(reader.skip(extra_length, "local header's extra fields"));
  if (name != member.name || method != member.method)
    return wrong("the local header is not that of its directory entry");
  return reader.take(member.packed_bytes, "member");
}

Result<std::span<const std::byte>> ZipArchive::stored_bytes(const ZipMember& member) const {
  if (member.encrypted || member.method != 0) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: member '{}' must be stored as it is, but it is {}", where_, member.name,
                            member.encrypted ? "encrypted" : fmt::format("packed by method {}", member.method)));
  }
  return packed_bytes(member);
}

Status ZipArchive::extract(const ZipMember& member, const Sink& sink) const {
  if (member.encrypted || (member.method != 0 && member.method != 8)) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: member '{}' is {}", where_, member.name,
                            member.encrypted ? "encrypted" : fmt::format("packed by method {}", member.method)));
  }
  HEARTH_TRY(const Bytes packed, packed_bytes(member));
  uLong crc = crc32_z(0, nullptr, 0);
  std::uint64_t n_unpacked = 0;
  const auto checked = [&](Bytes piece) -> Status {
    n_unpacked += piece.size();
    if (n_unpacked > member.size_bytes) {
      return corrupt(where_, member.header_offset,
                     fmt::format("member '{}' is larger than {} bytes", member.name, member.size_bytes));
    }
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
    return piece.empty() ? Status{} : sink(piece);
  };
  if (member.method == 0) {
    HEARTH_TRY_VOID(checked(packed));
  } else {
    HEARTH_TRY(const bool whole, Inflater().run(packed, checked));
    if (!whole) return corrupt(where_, member.header_offset, fmt::format("member '{}' is damaged", member.name));
  }
  if (n_unpacked != member.size_bytes || crc != member.crc32) {
    return corrupt(where_, member.header_offset,
                   fmt::format("member '{}' unpacks to {} bytes with CRC {:08x}, expected {} and {:08x}", member.name,
                               n_unpacked, crc, member.size_bytes, member.crc32));
  }
  return {};
}

}  // namespace hearth::formats
