#include "formats/zip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <cstring>

namespace hearth::formats {
namespace {

// Two members, deflated and stored, and a comment; written by Python's zipfile.
const char kPlain[] =
    "504b030414000000080083182258680231660c0000001e00000005000000612e747874cb48cdc9c957c8c04e720100504b030414000000"
    "000083182258a4ffdd3b140000001400000009000000706b672f622e62696e000102030405060708090a0b0c0d0e0f10111213504b0102"
    "140314000000080083182258680231660c0000001e000000050000000000000000000000800100000000612e747874504b010214031400"
    "0000000083182258a4ffdd3b140000001400000009000000000000000000000080012f000000706b672f622e62696e504b050600000000"
    "020002006a0000006a0000000e006d61646520627920612074657374";
// One member written to a pipe: its sizes follow its data, and its local header has a ZIP64 field.
const char kStreamed[] =
    "504b03042d00080000008318225800000000ffffffffffffffff05001400612e7478740100100000000000000000000000000000000000"
    "68656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f0a504b0708680231661e000000000000001e0000000000000050"
    "4b01022d032d000800000083182258680231661e0000001e000000050000000000000000000000800100000000612e747874504b050600"
    "00000001000100330000006d0000000000";

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::strtoul(std::string(hex.substr(i, 2)).c_str(), nullptr, 16)));
  }
  return bytes;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Little endian; bytes beyond the value's eight are zero.
void put(std::string& out, std::uint64_t value, int n_bytes) {
  for (int i = 0; i < n_bytes; ++i) out.push_back(static_cast<char>(i < 8 ? value >> (8 * i) : 0));
}

std::string deflated(const std::string& text) {
  std::string out(text.size() + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// One member's part of an archive; a test changes a field to make it a lie.
struct Part {
  std::string name, content;
  std::uint16_t method = 8, flags = 0;
  std::uint64_t size_bytes, packed_bytes, header_offset = 0;
  std::uint32_t crc;
  std::string packed, local_name;

  Part(std::string n, std::string c, std::uint16_t m = 8) : name(std::move(n)), content(std::move(c)), method(m) {
    packed = method == 8 ? deflated(content) : content;
    size_bytes = content.size();
    packed_bytes = packed.size();
    crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
    local_name = name;
  }

  std::string local() const {
    std::string out;
    put(out, 0x04034b50, 4);
    put(out, 20, 2);
    put(out, flags, 2);
    put(out, method, 2);
    put(out, 0, 4);
    put(out, crc, 4);
    put(out, packed_bytes, 4);
    put(out, size_bytes, 4);
    put(out, local_name.size(), 2);
    put(out, 0, 2);
    return out + local_name + packed;
  }

  std::string entry(bool zip64) const {
    std::string out;
    put(out, 0x02014b50, 4);
    put(out, 20, 2);
    put(out, 20, 2);
    put(out, flags, 2);
    put(out, method, 2);
    put(out, 0, 4);
    put(out, crc, 4);
    put(out, zip64 ? 0xffffffff : packed_bytes, 4);
    put(out, zip64 ? 0xffffffff : size_bytes, 4);
    put(out, name.size(), 2);
    put(out, zip64 ? 28 : 0, 2);
    put(out, 0, 2 + 2 + 2 + 4);
    put(out, zip64 ? 0xffffffff : header_offset, 4);
    out += name;
    if (zip64) {
      put(out, 1, 2);
      put(out, 24, 2);
      put(out, size_bytes, 8);
      put(out, packed_bytes, 8);
      put(out, header_offset, 8);
    }
    return out;
  }
};

std::string archive_of(std::vector<Part> parts, bool zip64 = false) {
  std::string out;
  for (Part& part : parts) {
    part.header_offset += out.size();
    out += part.local();
  }
  const std::size_t directory = out.size();
  for (const Part& part : parts) out += part.entry(zip64);
  const std::size_t end = out.size();
  if (zip64) {
    put(out, 0x06064b50, 4);
    put(out, 44, 8);
    put(out, 45, 2);
    put(out, 45, 2);
    put(out, 0, 8);
    put(out, parts.size(), 8);
    put(out, parts.size(), 8);
    put(out, end - directory, 8);
    put(out, directory, 8);
    put(out, 0x07064b50, 4);
    put(out, 0, 4);
    put(out, end, 8);
    put(out, 1, 4);
  }
  put(out, 0x06054b50, 4);
  put(out, 0, 4);
  put(out, zip64 ? 0xffff : parts.size(), 2);
  put(out, zip64 ? 0xffff : parts.size(), 2);
  put(out, zip64 ? 0xffffffff : end - directory, 4);
  put(out, zip64 ? 0xffffffff : directory, 4);
  put(out, 0, 2);
  return out;
}

Result<std::string> unpack(const std::string& archive, std::string_view name) {
  HEARTH_TRY(const ZipArchive zip, ZipArchive::read(bytes_of(archive), "a.zip"));
  const ZipMember* member = zip.find(name);
  if (member == nullptr) return fail(ErrorCode::kNotFound, "no such member");
  std::string content;
  HEARTH_TRY_VOID(zip.extract(*member, [&](std::span<const std::byte> piece) -> Status {
    content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  }));
  return content;
}

std::string error_of(const std::string& archive, std::string_view name = "a") {
  const auto content = unpack(archive, name);
  return content ? "none" : content.error().message;
}

TEST(Zip, ReadsWhatAnotherWriterWrote) {
  EXPECT_EQ(unpack(from_hex(kPlain), "a.txt").value(), "hello hello hello hello hello\n");
  EXPECT_EQ(unpack(from_hex(kPlain), "pkg/b.bin")->size(), 20u);
  EXPECT_EQ(unpack(from_hex(kStreamed), "a.txt").value(), "hello hello hello hello hello\n");
}

TEST(Zip, ReadsBothMethodsAndZip64) {
  std::string long_text;
  for (int i = 0; i < 200'000; ++i) long_text += std::to_string(i * 7919 % 1000);
  for (const bool zip64 : {false, true}) {
    const std::string archive = archive_of({{"a", long_text}, {"b", "stored", 0}, {"c", "", 0}, {"d", "", 8}}, zip64);
    EXPECT_EQ(unpack(archive, "a").value(), long_text);
    EXPECT_EQ(unpack(archive, "b").value(), "stored");
    EXPECT_EQ(unpack(archive, "c").value(), "");
    EXPECT_EQ(unpack(archive, "d").value(), "");
  }
  EXPECT_TRUE(ZipArchive::read(bytes_of(archive_of({})), "a.zip")->members().empty());
}

TEST(Zip, EveryTruncationIsAnErrorAndNoCrash) {
  for (const bool zip64 : {false, true}) {
    const std::string archive = archive_of({{"a", "some text to pack"}, {"b", "stored", 0}}, zip64);
    for (std::size_t n = 0; n < archive.size(); ++n) {
      const auto zip = ZipArchive::read(bytes_of(archive.substr(0, n)), "a.zip");
      ASSERT_FALSE(zip) << n;
      EXPECT_EQ(zip.error().code, ErrorCode::kCorruptFile);
    }
  }
}

TEST(Zip, EveryChangedByteIsNoticedOrHarmless) {
  const std::string text = "some text to pack";
  for (const bool zip64 : {false, true}) {
    const std::string archive = archive_of({{"a", text}, {"b", "stored", 0}}, zip64);
    for (std::size_t i = 0; i < archive.size(); ++i) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        std::string changed = archive;
        changed[i] = static_cast<char>(changed[i] ^ flip);
        const auto content = unpack(changed, "a");
        EXPECT_TRUE(!content || *content == text) << i;
      }
    }
  }
}

TEST(Zip, LiesAboutSizesAreCaught) {
  Part larger("a", "text", 8), smaller("a", "text", 8), crc("a", "text", 8);
  larger.size_bytes = 5;
  smaller.size_bytes = 3;
  crc.crc ^= 1;
  EXPECT_NE(error_of(archive_of({larger})).find("expected 5"), std::string::npos);
  EXPECT_NE(error_of(archive_of({smaller})).find("larger than 3 bytes"), std::string::npos);
  EXPECT_NE(error_of(archive_of({crc})).find("CRC"), std::string::npos);
  Part bomb("a", "text", 8);
  bomb.size_bytes = std::uint64_t{1} << 50;
  EXPECT_NE(error_of(archive_of({bomb}, true)).find("cannot unpack"), std::string::npos);
  Part beyond("a", "text", 0);
  beyond.packed_bytes = beyond.size_bytes = 1 << 20;
  EXPECT_NE(error_of(archive_of({beyond})).find("reaches beyond"), std::string::npos);
  Part wrapping("a", "text", 0);
  wrapping.packed_bytes = wrapping.size_bytes = ~std::uint64_t{0} - 10;
  EXPECT_NE(error_of(archive_of({wrapping}, true)).find("reaches beyond"), std::string::npos);
  Part trailing("a", "text", 8);
  trailing.packed += "rest";
  trailing.packed_bytes += 4;
  EXPECT_NE(error_of(archive_of({trailing})).find("damaged"), std::string::npos);
}

TEST(Zip, OverlapsDuplicatesAndForeignHeadersAreCaught) {
  Part second("b", "text", 0);
  second.header_offset -= 10;
  EXPECT_NE(error_of(archive_of({{"a", "text", 0}, second})).find("overlap"), std::string::npos);
  EXPECT_NE(error_of(archive_of({{"a", "text", 0}, {"a", "text", 0}})).find("two members"), std::string::npos);
  Part renamed("a", "text", 0);
  renamed.local_name = "b";
  EXPECT_NE(error_of(archive_of({renamed})).find("local header"), std::string::npos);
}

TEST(Zip, UnreadMethodsAreSaid) {
  Part lzma("a", "text", 0), encrypted("a", "text", 0);
  lzma.method = 14;
  encrypted.flags = 1;
  EXPECT_NE(error_of(archive_of({lzma})).find("method 14"), std::string::npos);
  EXPECT_NE(error_of(archive_of({encrypted})).find("encrypted"), std::string::npos);
}

TEST(Zip, StoredMembersAreGivenWhereTheyLie) {
  const std::string bytes = from_hex(kPlain);
  const auto archive = ZipArchive::read(bytes_of(bytes), "x").value();
  const auto stored = archive.stored_bytes(*archive.find("pkg/b.bin"));
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->size(), 20U);
  EXPECT_GE(stored->data(), bytes_of(bytes).data());
  const auto packed = archive.stored_bytes(*archive.find("a.txt"));
  EXPECT_EQ(packed.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(packed.error().message.find("'a.txt' must be stored"), std::string::npos) << packed.error().message;
}

TEST(Zip, TheSinkMayStopIt) {
  const std::string archive = archive_of({{"a", std::string(1 << 20, 'x')}});
  const auto zip = ZipArchive::read(bytes_of(archive), "a.zip");
  ASSERT_TRUE(zip);
  const auto status =
      zip->extract(*zip->find("a"), [](std::span<const std::byte>) { return fail(ErrorCode::kCancelled, "stop"); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
}

TEST(Zip, NotAnArchive) {
  EXPECT_NE(error_of("GGUF and so on").find("not a ZIP file"), std::string::npos);
  EXPECT_EQ(ZipArchive::open("/nonexistent.zip").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth::formats
