#include <gtest/gtest.h>

#include "text/sub_words.h"

namespace hearth::text {
namespace {

const std::string kMark = "\xE2\x96\x81";

Vocabulary small() {
  using enum TokenKind;
  return {{"<unk>", kMark, "a", "b", kMark + "ab", "</s>"},
          {0, -2, -3, -3, -4, 0},
          {kUnknown, kNormal, kNormal, kNormal, kNormal, kControl}};
}

std::vector<TokenId> encoded(const UnigramOptions& options, std::string_view text) {
  const auto sub_words = make_unigram_sub_words(small(), options);
  EXPECT_TRUE(sub_words) << (sub_words ? "" : sub_words.error().message);
  std::vector<TokenId> ids;
  if (sub_words) {
    EXPECT_TRUE((*sub_words)->encode(text, true, ids));
  }
  return ids;
}

TEST(UnigramSubWords, TakesTheBestPath) {
  EXPECT_EQ(encoded({.unknown = 0}, "ab"), (std::vector<TokenId>{4}));  // -4 beats -2-3-3
  EXPECT_EQ(encoded({.unknown = 0}, "ba"), (std::vector<TokenId>{1, 3, 2}));
}

TEST(UnigramSubWords, RunsOfUnknownCharactersAreOneToken) {
  EXPECT_EQ(encoded({.unknown = 0}, "axya"), (std::vector<TokenId>{1, 2, 0, 2}));
}

TEST(UnigramSubWords, SpacesAreMergedOnlyWhereTheFileSaysSo) {
  EXPECT_EQ(encoded({.unknown = 0, .remove_extra_whitespaces = true}, "  a   b "), (std::vector<TokenId>{1, 2, 1, 3}));
  EXPECT_EQ(encoded({.unknown = 0, .remove_extra_whitespaces = false}, "a  b"), (std::vector<TokenId>{1, 2, 1, 1, 3}));
  EXPECT_EQ(encoded({.unknown = 0, .add_space_prefix = false, .remove_extra_whitespaces = false}, "a"),
            (std::vector<TokenId>{2}));
}

TEST(UnigramSubWords, TextNeverBecomesAControlToken) {
  EXPECT_EQ(encoded({.unknown = 0, .add_space_prefix = false, .remove_extra_whitespaces = false}, "</s>"),
            (std::vector<TokenId>{0}));
}

TEST(UnigramSubWords, ABrokenCharacterMapIsAnError) {
  EXPECT_FALSE(make_unigram_sub_words(small(), {.unknown = 0, .precompiled_charsmap = "\xFF\xFF\xFF\x7Fxx"}));
}

}  // namespace
}  // namespace hearth::text
