#include "text/vocabulary.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

TEST(Vocabulary, FindsTheLowestIdOfAPiece) {
  Vocabulary vocabulary({"a", "b", "a"}, {}, {});
  EXPECT_EQ(vocabulary.find("a"), 0);
  EXPECT_EQ(vocabulary.find("c"), std::nullopt);
  const Vocabulary moved = std::move(vocabulary);
  EXPECT_EQ(moved.find("b"), 1);
  EXPECT_EQ(moved.kind(2), TokenKind::kNormal);
  EXPECT_FALSE(moved.contains(3));
  EXPECT_FALSE(moved.contains(-1));
}

TEST(ByteTokenValue, OnlyTwoHexDigitsInBrackets) {
  EXPECT_EQ(byte_token_value("<0x0A>"), 0x0A);
  EXPECT_EQ(byte_token_value("<0xfF>"), 0xFF);
  for (const char* piece : {"<0x0>", "<0x00A>", "<0xG0>", "<0x+1>", "0x0A", "<0x0A", ""}) {
    EXPECT_EQ(byte_token_value(piece), std::nullopt) << piece;
  }
}

}  // namespace
}  // namespace hearth::text
