#include <gtest/gtest.h>

#include "text/sub_words.h"

namespace hearth::text {
namespace {

const std::string kMark = "\xE2\x96\x81";

std::vector<TokenId> encoded(std::string_view text, const WordPieceOptions& options) {
  using enum TokenKind;
  const Vocabulary vocabulary(
      {"[UNK]", "[CLS]", kMark + "un", "able", kMark + "!", kMark + "caf\xC3\xA9", kMark + "cafe", kMark + "A"}, {},
      {kUnknown, kControl, kNormal, kNormal, kNormal, kNormal, kNormal, kNormal});
  const auto sub_words = make_wordpiece_sub_words(vocabulary, 0, options);
  EXPECT_TRUE(sub_words) << (sub_words ? "" : sub_words.error().message);
  std::vector<TokenId> ids;
  if (sub_words) {
    EXPECT_TRUE((*sub_words)->encode(text, true, ids));
  }
  return ids;
}

TEST(WordPieceSubWords, GreedyWithMarksAtWordStarts) {
  EXPECT_EQ(encoded("UNABLE!", {}), (std::vector<TokenId>{2, 3, 4}));
  EXPECT_EQ(encoded("able", {}), (std::vector<TokenId>{0}));  // only known inside a word
  EXPECT_EQ(encoded("unx un", {}), (std::vector<TokenId>{0, 2}));
}

TEST(WordPieceSubWords, CaseAndAccents) {
  EXPECT_EQ(encoded("Caf\xC3\xA9", {}), (std::vector<TokenId>{6}));
  EXPECT_EQ(encoded("Caf\xC3\xA9", {.lowercase = true, .strip_accents = false}), (std::vector<TokenId>{5}));
  EXPECT_EQ(encoded("A", {.lowercase = false, .strip_accents = false}), (std::vector<TokenId>{7}));
}

}  // namespace
}  // namespace hearth::text
