#include "text/utf8.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

struct Case {
  std::string_view bytes;
  std::string_view text;
};

TEST(Utf8, ReplacesEveryMaximalInvalidPart) {
  // The last three are the examples of the Unicode standard, chapter 3.9, tables 3-8 to 3-11.
  const Case cases[] = {
      {"", ""},
      {"a\xC3\xA4\xE2\x82\xAC\xF0\x9F\xA6\x99", "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\xA6\x99"},
      {"\xF0\x9F\xA6", "\xEF\xBF\xBD"},
      {"\xF0\x9F\xA6x", "\xEF\xBF\xBDx"},
      {"\x80\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF4\x91\x92\x93", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\x41"},
  };
  for (const Case& c : cases) EXPECT_EQ(replace_invalid_utf8(c.bytes), c.text);
}

TEST(Utf8, TellsIncompleteFromInvalid) {
  EXPECT_TRUE(first_sequence("\xE2\x82").incomplete);
  EXPECT_FALSE(first_sequence("\xE2x").incomplete);
  EXPECT_FALSE(first_sequence("\xED\xA0").incomplete);  // a surrogate can never be completed
  EXPECT_EQ(first_sequence("\xE2\x82x").length, 2U);
  EXPECT_TRUE(first_sequence("\xE2\x82\xAC\xE2").valid);
}

}  // namespace
}  // namespace hearth::text
