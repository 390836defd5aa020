#include <gtest/gtest.h>

#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

TEST(SentencePieceSubWords, PrefixesASpaceAtTheStartAndAfterSpecialTokens) {
  LlamaVocabulary vocabulary;
  const TokenId space = vocabulary.add("\xE2\x96\x81", -3);
  const TokenId a = vocabulary.add("a", -2);
  const TokenId space_a = vocabulary.add(
      "\xE2\x96\x81"
      "a",
      -1);
  const auto tokenizer = tokenizer_of(vocabulary.metadata());
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(ids_of(*tokenizer, "a a", kPlain), (std::vector<TokenId>{space_a, space_a}));
  EXPECT_EQ(ids_of(*tokenizer, "aa</s>a", {.add_special = true}), (std::vector<TokenId>{1, space_a, a, 2, space_a}));
  EXPECT_EQ(ids_of(*tokenizer, "  a", kPlain), (std::vector<TokenId>{space, space, space_a}));

  auto metadata = vocabulary.metadata();
  metadata.set("tokenizer.ggml.add_space_prefix", {false});
  EXPECT_EQ(ids_of(*tokenizer_of(metadata), "aa", kPlain), (std::vector<TokenId>{a, a}));
}

TEST(SentencePieceSubWords, UnknownCharactersBecomeBytes) {
  LlamaVocabulary vocabulary;
  const auto tokenizer = tokenizer_of(vocabulary.metadata());
  ASSERT_TRUE(tokenizer);
  const auto ids = ids_of(*tokenizer, "\xC3\xA4", kPlain);
  // "▁" is not in the vocabulary either: three bytes of it, then two of ä.
  EXPECT_EQ(ids, (std::vector<TokenId>{3 + 0xE2, 3 + 0x96, 3 + 0x81, 3 + 0xC3, 3 + 0xA4}));
}

}  // namespace
}  // namespace hearth::text
