#include "text/python_literal.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

TEST(PythonLiteral, TextsAndBytes) {
  EXPECT_EQ(parse_python_literal("'abc'"), "abc");
  EXPECT_EQ(parse_python_literal("\"it's\""), "it's");
  EXPECT_EQ(parse_python_literal("b'\\xe2\\x88'"), "\xE2\x88");
  EXPECT_EQ(parse_python_literal("'\\xa0'"), "\xC2\xA0") << "in a text an escape is a character";
  EXPECT_EQ(parse_python_literal("'\\u4f60\\U0001f600'"), "\xE4\xBD\xA0\xF0\x9F\x98\x80");
  EXPECT_EQ(parse_python_literal("'\xE4\xBD\xA0'"), "\xE4\xBD\xA0");
  EXPECT_EQ(parse_python_literal("'\\n\\t\\r\\\\\\'\\\"'"), "\n\t\r\\'\"");
  EXPECT_EQ(parse_python_literal("'\\x00'"), std::string(1, '\0'));
  EXPECT_EQ(parse_python_literal("''"), "");
}

TEST(PythonLiteral, AnythingElseIsNone) {
  for (const char* text : {"", "'", "abc", "'abc", "'abc\"", "b", "b'", "r'abc'", "'\\'", "'\\q'", "'\\x1'", "'\\xg0'",
                           "'\\ud800'", "'\\U00110000'", "b'\\u4f60'", "'\\U0001'"}) {
    EXPECT_EQ(parse_python_literal(text), std::nullopt) << text;
  }
}

TEST(PythonLiteral, UnescapesWithoutQuotes) {
  EXPECT_EQ(unescape_python("a\\x80b'c", true),
            "a\x80"
            "b'c");
  EXPECT_EQ(unescape_python("\\x80", false), "\xC2\x80");
  EXPECT_EQ(unescape_python("\\", true), std::nullopt);
}

}  // namespace
}  // namespace hearth::text
