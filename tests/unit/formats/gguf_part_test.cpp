#include "formats/gguf_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "formats/gguf_builder.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint32_t kF32Id = 0;
constexpr std::uint32_t kQ4KId = 12;
constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

Error error_of(GgufBuilder& builder) {
  const std::string bytes = builder.bytes();
  const auto part = parse_gguf_part(as_span(bytes));
  return part ? Error{ErrorCode::kInternal, "it was read", {}} : part.error();
}

std::string message_of(GgufBuilder& builder) {
  return error_of(builder).message;
}

TEST(GgufPart, ReadsTensorsInFileOrderWithTheOutermostDimensionFirst) {
  GgufBuilder builder;
  builder.tensor("b", {8, 2}, kF32Id, 32).tensor("a", {4}, kF32Id, 0).tensor("c", {}, kF32Id, 96).data(100);
  const std::string bytes = builder.bytes();
  const auto part = parse_gguf_part(as_span(bytes));
  ASSERT_TRUE(part) << part.error().message;
  ASSERT_EQ(part->tensors.size(), 3U);
  EXPECT_EQ(part->tensors[0].name, "b");
  EXPECT_THAT(part->tensors[0].shape, ElementsAre(2, 8));
  EXPECT_EQ(part->tensors[0].n_cols(), 8);
  EXPECT_EQ(part->tensors[1].bytes.data() + 32, part->tensors[0].bytes.data());
  EXPECT_EQ(part->tensors[2].n_elements(), 1);
  EXPECT_EQ(part->tensors[2].bytes.size(), 4U);
}

TEST(GgufPart, KeepsTheAlignmentOfTheFile) {
  for (const std::uint32_t alignment : {8U, 64U, 4096U}) {
    GgufBuilder builder;
    builder.scalar("general.alignment", GgufType::kU32, alignment).alignment(alignment);
    builder.tensor("a", {2}, kF32Id, 0).data(8);
    const std::string bytes = builder.bytes();
    const auto part = parse_gguf_part(as_span(bytes));
    ASSERT_TRUE(part) << part.error().message;
    EXPECT_EQ(static_cast<char>(part->tensors[0].bytes[0]), '\x01') << alignment;
  }
}

TEST(GgufPart, RefusesAnAlignmentThatIsNone) {
  for (const std::int64_t alignment : {std::int64_t{0}, std::int64_t{1}, std::int64_t{4}, std::int64_t{24},
                                       std::int64_t{-32}, std::int64_t{1} << 40}) {
    GgufBuilder builder;
    builder.scalar("general.alignment", GgufType::kI64, alignment);
    EXPECT_EQ(message_of(builder),
              "general.alignment must be a power of two from 8 up, found " + std::to_string(alignment));
  }
  GgufBuilder builder;
  builder.text("general.alignment", "32");
  EXPECT_THAT(message_of(builder), HasSubstr("general.alignment holds a text where an integer is expected"));
}

TEST(GgufPart, RefusesForeignMagicAndVersions) {
  EXPECT_THAT(parse_gguf_part(as_span("GGML\3\0\0\0")).error().message, HasSubstr("starts with \"GGUF\""));
  for (const std::uint32_t version : {0U, 4U, 0x03040000U ^ 1U}) {
    GgufBuilder builder(version);
    EXPECT_EQ(error_of(builder).code, ErrorCode::kUnsupported);
    EXPECT_THAT(message_of(builder), HasSubstr("versions 1 to 3 are read, found " + std::to_string(version)));
  }
  GgufBuilder big_endian(0x03000000U);
  EXPECT_EQ(error_of(big_endian).code, ErrorCode::kUnsupported);
  EXPECT_THAT(message_of(big_endian), HasSubstr("big-endian"));
}

TEST(GgufPart, RefusesCountsThatTheFileCannotHold) {
  for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{1} << 40, kMax}) {
    GgufBuilder keys;
    keys.counts(0, count);
    EXPECT_EQ(message_of(keys), std::to_string(count) + " metadata entries do not fit into the 0 bytes that are left");
    GgufBuilder tensors;
    tensors.counts(count, 0);
    EXPECT_EQ(message_of(tensors), std::to_string(count) + " tensors do not fit into the 0 bytes that are left");
  }
}

TEST(GgufPart, RefusesBadKeys) {
  GgufBuilder twice;
  twice.text("a", "x").text("a", "y");
  EXPECT_EQ(message_of(twice), "the metadata key a occurs twice");
  GgufBuilder empty;
  empty.text("", "x");
  EXPECT_EQ(message_of(empty), "the key of metadata entry 0 must have 1 to 65535 bytes, found 0");
  GgufBuilder bad_value;
  bad_value.scalar("a.b", GgufType::kBool, std::uint8_t{2});
  EXPECT_EQ(message_of(bad_value), "metadata key a.b: a boolean must be 0 or 1, found 2");
}

TEST(GgufPart, RefusesBadNames) {
  GgufBuilder longest;
  longest.tensor(std::string(64, 'n'), {4}, kF32Id, 0).data(16);
  EXPECT_EQ(message_of(longest), "it was read");
  GgufBuilder too_long;
  too_long.tensor(std::string(65, 'n'), {4}, kF32Id, 0).data(16);
  EXPECT_EQ(message_of(too_long), "the name of tensor 0 must have 1 to 64 bytes, found 65");
  GgufBuilder empty;
  empty.tensor("", {4}, kF32Id, 0).data(16);
  EXPECT_EQ(message_of(empty), "the name of tensor 0 must have 1 to 64 bytes, found 0");
}

TEST(GgufPart, RefusesShapesThatDoNotFit) {
  const auto message = [](const std::vector<std::uint64_t>& ne) {
    GgufBuilder builder;
    builder.tensor("t", ne, kF32Id, 0).data(64);
    return message_of(builder);
  };
  EXPECT_EQ(message({1, 1, 1, 1, 1}), "tensor t: at most 4 dimensions are allowed, found 5");
  EXPECT_EQ(message({4, 0}), "tensor t: dimension 1 is 0");
  EXPECT_THAT(message({kMax}), HasSubstr("overflows at dimension 0"));
  EXPECT_THAT(message({std::uint64_t{1} << 32, std::uint64_t{1} << 32}), HasSubstr("overflows at dimension 1"));
  EXPECT_THAT(message({1U << 16, 1U << 16, 1U << 16, 1U << 16}), HasSubstr("overflows at dimension 3"));
  EXPECT_THAT(message({std::uint64_t{1} << 59}), HasSubstr("end beyond the 64 bytes of data"));
  EXPECT_THAT(message({17}), HasSubstr("tensor t: its 68 bytes at offset 0 end beyond the 64 bytes of data"));
}

TEST(GgufPart, RefusesEncodingsThatItDoesNotRead) {
  GgufBuilder known;
  known.tensor("t", {256}, 31, 0).data(144);
  EXPECT_EQ(error_of(known).code, ErrorCode::kUnsupported);
  EXPECT_THAT(message_of(known), StartsWith("tensor t: the encoding Q4_0_4_4 (id 31) is not read: it is Q4_0 with"));
  GgufBuilder unknown;
  unknown.tensor("t", {256}, 4711, 0).data(66);
  EXPECT_EQ(error_of(unknown).code, ErrorCode::kCorruptFile);
  EXPECT_EQ(message_of(unknown), "tensor t: no encoding has the id 4711");
  GgufBuilder partial_block;
  partial_block.tensor("t", {128, 2}, kQ4KId, 0).data(144);
  EXPECT_EQ(message_of(partial_block), "tensor t: rows of Q4_K must be a multiple of 256 weights, found 128");
}

TEST(GgufPart, RefusesOffsetsOutsideTheData) {
  for (const std::uint64_t offset : {std::uint64_t{64}, std::uint64_t{1} << 50, kMax - 31}) {
    GgufBuilder builder;
    builder.tensor("t", {4}, kF32Id, offset).data(64);
    EXPECT_THAT(message_of(builder), HasSubstr("end beyond the 64 bytes of data"));
  }
  GgufBuilder odd;
  odd.tensor("t", {4}, kF32Id, 8).data(64);
  EXPECT_EQ(message_of(odd), "tensor t: the offset must be a multiple of 32, found 8");
  GgufBuilder no_data;
  no_data.tensor("t", {4}, kF32Id, 0);
  EXPECT_THAT(message_of(no_data), HasSubstr("end beyond the 0 bytes of data"));
}

TEST(GgufPart, RefusesTensorsThatOverlap) {
  GgufBuilder same;
  same.tensor("a", {4}, kF32Id, 32).tensor("b", {4}, kF32Id, 32).data(64);
  EXPECT_THAT(message_of(same), HasSubstr("overlap at offset 32"));
  GgufBuilder inside;
  inside.tensor("b", {4}, kF32Id, 64).tensor("a", {64}, kF32Id, 0).data(256);
  EXPECT_EQ(message_of(inside), "the tensors a and b overlap at offset 64");
}

// The header of a real file, byte by byte: whatever is missing, the answer is an error.
TEST(GgufPart, EveryPrefixOfAFileIsAnError) {
  for (const char* folder : {"gguf-llama-f32", "gguf-container-v1"}) {
    const auto file = base::MappedFile::open(std::filesystem::path(HEARTH_GOLDEN_FOLDER) / folder / "model.gguf");
    ASSERT_TRUE(file) << file.error().message;
    const auto whole = parse_gguf_part(file->bytes());
    ASSERT_TRUE(whole) << whole.error().message;
    const auto header_bytes = static_cast<std::size_t>(whole->tensors.front().bytes.data() - file->bytes().data());
    for (std::size_t n_bytes = 0; n_bytes < header_bytes + 64; ++n_bytes) {
      // A copy of exactly that size, so that a sanitizer sees a read behind its end.
      const std::vector<std::byte> prefix(file->bytes().begin(), file->bytes().begin() + static_cast<long>(n_bytes));
      const auto part = parse_gguf_part(prefix);
      ASSERT_FALSE(part) << n_bytes;
      ASSERT_EQ(part.error().code, ErrorCode::kCorruptFile) << n_bytes;
    }
  }
}

// Every aligned or unaligned field of the header set to an extreme: an answer, never a crash or a huge allocation.
TEST(GgufPart, ExtremeFieldsAreSurvived) {
  const auto file =
      base::MappedFile::open(std::filesystem::path(HEARTH_GOLDEN_FOLDER) / "gguf-llama-f32" / "model.gguf");
  ASSERT_TRUE(file) << file.error().message;
  const auto whole = parse_gguf_part(file->bytes());
  ASSERT_TRUE(whole);
  const auto header_bytes = static_cast<std::size_t>(whole->tensors.front().bytes.data() - file->bytes().data());
  std::vector<std::byte> bytes(file->bytes().begin(), file->bytes().end());
  std::size_t n_refused = 0;
  for (const std::uint64_t extreme : {std::uint64_t{0}, kMax, kMax / 2, std::uint64_t{1} << 32}) {
    for (std::size_t at = 0; at + sizeof(extreme) <= header_bytes; ++at) {
      std::memcpy(bytes.data() + at, &extreme, sizeof(extreme));
      n_refused += parse_gguf_part(bytes).has_value() ? 0 : 1;
      std::memcpy(bytes.data() + at, file->bytes().data() + at, sizeof(extreme));
    }
  }
  EXPECT_GT(n_refused, header_bytes);
}

}  // namespace
}  // namespace hearth::formats
