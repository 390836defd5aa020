#include "config/scalar_text.h"

#include <gtest/gtest.h>

namespace hearth::config {
namespace {

TEST(ScalarText, Integers) {
  EXPECT_EQ(to_integer("8192"), 8192);
  EXPECT_EQ(to_integer("-1"), -1);
  EXPECT_EQ(to_integer("+5"), 5);
  EXPECT_EQ(to_integer("8192.0"), 8192);
  EXPECT_EQ(to_integer("1e3"), 1000);
  for (const char* text : {"", "8k", "1.5", "nan", "99999999999999999999", "+-5", " 5", "0x10"}) {
    EXPECT_FALSE(to_integer(text)) << text;
  }
}

TEST(ScalarText, Numbers) {
  EXPECT_EQ(to_number("0.25"), 0.25);
  EXPECT_EQ(to_number("-1e-2"), -0.01);
  for (const char* text : {"", "inf", "nan", "1,5", "0.5x"}) EXPECT_FALSE(to_number(text)) << text;
}

TEST(ScalarText, Flags) {
  EXPECT_EQ(to_flag("True"), true);
  EXPECT_EQ(to_flag("off"), false);
  EXPECT_FALSE(to_flag("maybe"));
  EXPECT_FALSE(to_flag(""));
}

TEST(ScalarText, PathsThatStayBelow) {
  for (const char* path : {"a.gguf", "folder/a.gguf", "a..b", "..a/b", "TheBloke/model", "./a"}) {
    EXPECT_TRUE(stays_below(path)) << path;
  }
  for (const char* path : {"", "/etc/passwd", "../a", "a/../../b", "a/..", "~/a", "a\\b", "a\nb"}) {
    EXPECT_FALSE(stays_below(path)) << path;
  }
}

}  // namespace
}  // namespace hearth::config
