#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace hearth::base {
namespace {

constexpr std::array<std::byte, 6> kBytes{std::byte{1}, std::byte{2},   std::byte{0},
                                          std::byte{0}, std::byte{'a'}, std::byte{'b'}};

TEST(ByteReader, ReadsLittleEndianAndText) {
  ByteReader reader(kBytes);
  EXPECT_EQ(*reader.read<std::uint32_t>("count"), 0x201U);
  EXPECT_EQ(*reader.take_text(2, "name"), "ab");
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(ByteReader, AnErrorNamesOffsetAndSizesAndReadsNothing) {
  ByteReader reader(kBytes);
  ASSERT_TRUE(reader.skip(4, "head"));
  const auto value = reader.read<std::uint64_t>("tensor count");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, ErrorCode::kCorruptFile);
  EXPECT_EQ(value.error().message, "tensor count at byte 4 needs 8 bytes, but the file has only 2 left");
  EXPECT_EQ(reader.offset(), 4U);
}

TEST(ByteReader, AHugeLengthDoesNotOverflow) {
  ByteReader reader(kBytes);
  EXPECT_FALSE(reader.take(std::numeric_limits<std::uint64_t>::max(), "tensor"));
  EXPECT_FALSE(reader.skip(7, "tensor"));
}

}  // namespace
}  // namespace hearth::base
