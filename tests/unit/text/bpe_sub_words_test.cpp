#include <gtest/gtest.h>

#include "text/sub_words.h"

namespace hearth::text {
namespace {

std::vector<TokenId> encoded(const SubWords& sub_words, std::string_view text) {
  std::vector<TokenId> ids;
  const auto status = sub_words.encode(text, true, ids);
  EXPECT_TRUE(status) << (status ? "" : status.error().message);
  return ids;
}

TEST(BpeSubWords, MergesInOrderOfRankAndSkipsImpossibleMerges) {
  const Vocabulary vocabulary({"a", "b", "c", "ab", "bc", "abc"}, {}, {});
  // "ab c" first would give abc; "b c" has the lower rank. "x y" and "a c" name tokens that are not there.
  const std::vector<std::string> merges = {"x y", "b c", "a c", "a b", "ab c"};
  const auto sub_words = make_bpe_sub_words(vocabulary, merges, pre_tokenizer_for("gpt-2"));
  ASSERT_TRUE(sub_words) << sub_words.error().message;
  EXPECT_EQ(encoded(**sub_words, "abc"), (std::vector<TokenId>{0, 4}));
  EXPECT_EQ(encoded(**sub_words, "ab"), (std::vector<TokenId>{3}));
}

TEST(BpeSubWords, WholeWordsOnlyWithIgnoreMerges) {
  const Vocabulary vocabulary({"a", "b", "ab"}, {}, {});
  EXPECT_EQ(encoded(**make_bpe_sub_words(vocabulary, {}, pre_tokenizer_for("qwen2")), "ab"),
            (std::vector<TokenId>{0, 1}));
  EXPECT_EQ(encoded(**make_bpe_sub_words(vocabulary, {}, pre_tokenizer_for("llama-bpe")), "ab"),
            (std::vector<TokenId>{2}));
}

TEST(BpeSubWords, TextNeverBecomesAControlToken) {
  const Vocabulary vocabulary({"a", "b", "ab"}, {}, {TokenKind::kNormal, TokenKind::kNormal, TokenKind::kControl});
  EXPECT_EQ(encoded(**make_bpe_sub_words(vocabulary, {}, pre_tokenizer_for("llama-bpe")), "ab"),
            (std::vector<TokenId>{0, 1}));
}

TEST(BpeSubWords, BytesOfAPiece) {
  const Vocabulary vocabulary({"a"}, {}, {});
  EXPECT_EQ((*make_bpe_sub_words(vocabulary, {}, pre_tokenizer_for("gpt-2")))
                ->bytes("\xC4\xA0"
                        "a"),
            " a");
  EXPECT_EQ((*make_bpe_sub_words(vocabulary, {}, pre_tokenizer_for("gemma4")))
                ->bytes("\xE2\x96\x81"
                        "a"),
            " a");
}

}  // namespace
}  // namespace hearth::text
