#include "text/special_splitter.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

std::string shown(const std::vector<SpecialSplitter::Fragment>& fragments) {
  std::string text;
  for (const auto& fragment : fragments) {
    if (!text.empty()) text += '|';
    text += fragment.id >= 0 ? std::to_string(fragment.id) : std::string(fragment.text);
  }
  return text;
}

TEST(SpecialSplitter, LongerTokensWinWhereverTheyStand) {
  SpecialSplitter splitter;
  splitter.add("ab", {.id = 1});
  splitter.add("bcd", {.id = 2});
  splitter.add("", {.id = 3});
  EXPECT_EQ(shown(splitter.split("xabcdy", true)), "xa|2|y");
  EXPECT_EQ(shown(splitter.split("abab", true)), "1|1");
  EXPECT_EQ(shown(splitter.split("", true)), "");
}

TEST(SpecialSplitter, ControlTokensAreTextUnlessParsed) {
  SpecialSplitter splitter;
  splitter.add("<s>", {.id = 1});
  splitter.add("\n\n", {.id = 2, .control = false});
  EXPECT_EQ(shown(splitter.split("a<s>\n\nb", true)), "a|1|2|b");
  EXPECT_EQ(shown(splitter.split("a<s>\n\nb", false)), "a<s>|2|b");
}

TEST(SpecialSplitter, StripsWhiteSpace) {
  SpecialSplitter splitter;
  splitter.add("<end>", {.id = 1, .strips_right = true});
  splitter.add("<mask>", {.id = 2, .strips_left = true});
  EXPECT_EQ(shown(splitter.split("a <end> \n b", true)), "a |1|b");
  EXPECT_EQ(shown(splitter.split("a \n<mask> b", true)), "a|2| b");
  EXPECT_EQ(shown(splitter.split("<end>  <mask>", true)), "1|2");
}

}  // namespace
}  // namespace hearth::text
