#include "text/byte_level.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

TEST(ByteLevel, EveryByteSurvives) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  EXPECT_EQ(byte_level_to_bytes(bytes_to_byte_level(bytes)), bytes);
}

TEST(ByteLevel, KnownCharacters) {
  EXPECT_EQ(bytes_to_byte_level(" the\n"), "\xC4\xA0the\xC4\x8A");  // Ġthe Ċ
  EXPECT_EQ(byte_level_to_bytes("\xC3\x83\xC2\xA4"), "\xC3\xA4");   // Ã¤ is the two bytes of ä
}

TEST(ByteLevel, CharactersOutsideTheAlphabetStandForThemselves) {
  EXPECT_EQ(byte_level_to_bytes("\xE4\xB8\xAD"), "\xE4\xB8\xAD");
  EXPECT_EQ(byte_level_to_bytes(" "), " ");
}

}  // namespace
}  // namespace hearth::text
