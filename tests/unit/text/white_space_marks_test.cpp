#include "text/white_space_marks.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

TEST(WhiteSpaceMarks, ThereAndBack) {
  EXPECT_EQ(mark_spaces(" a  b "),
            "\xE2\x96\x81"
            "a\xE2\x96\x81\xE2\x96\x81"
            "b\xE2\x96\x81");
  EXPECT_EQ(unmark_spaces(mark_spaces(" a  b ")), " a  b ");
  EXPECT_EQ(mark_spaces(""), "");
  EXPECT_EQ(unmark_spaces("\xE2\x96"), "\xE2\x96");
}

}  // namespace
}  // namespace hearth::text
