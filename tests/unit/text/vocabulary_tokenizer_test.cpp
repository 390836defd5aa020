#include "text/vocabulary_tokenizer.h"

#include <gtest/gtest.h>

#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

TEST(VocabularyTokenizer, BytesOfEveryKindOfToken) {
  LlamaVocabulary vocabulary;
  const TokenId word = vocabulary.add(
      "\xE2\x96\x81"
      "hi",
      -1);
  const TokenId user = vocabulary.add("<tool>", 0, 4);
  const auto tokenizer = tokenizer_of(vocabulary.metadata());
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(tokenizer->token_bytes(word, false), " hi");
  EXPECT_EQ(tokenizer->token_bytes(3 + 0x0A, false), "\n");
  EXPECT_EQ(tokenizer->token_bytes(user, false), "<tool>");
  EXPECT_EQ(tokenizer->token_bytes(2, false), "");
  EXPECT_EQ(tokenizer->token_bytes(2, true), "</s>");
  EXPECT_EQ(tokenizer->token_bytes(-1, true), "");
  EXPECT_EQ(tokenizer->token_bytes(tokenizer->n_tokens(), true), "");
  EXPECT_EQ(tokenizer->piece(word),
            "\xE2\x96\x81"
            "hi");
  EXPECT_EQ(tokenizer->find_piece("<tool>"), user);
}

TEST(VocabularyTokenizer, DecodeDropsTheSpaceThatEncodeAdded) {
  LlamaVocabulary vocabulary;
  const TokenId word = vocabulary.add(
      "\xE2\x96\x81"
      "hi",
      -1);
  const auto tokenizer = tokenizer_of(vocabulary.metadata());
  ASSERT_TRUE(tokenizer);
  const TokenId ids[] = {1, word, word, 3 + 0xC3, 2};
  EXPECT_EQ(tokenizer->decode(ids, false), "hi hi\xEF\xBF\xBD");
  EXPECT_EQ(tokenizer->decode(ids, true), "<s>hi hi\xEF\xBF\xBD</s>");
}

TEST(VocabularyTokenizer, SpecialTextIsPlainTextOfUsers) {
  LlamaVocabulary vocabulary;
  vocabulary.add("\xE2\x96\x81", -1);
  const auto tokenizer = tokenizer_of(vocabulary.metadata());
  ASSERT_TRUE(tokenizer);
  const auto plain = ids_of(*tokenizer, "</s>", kPlain);
  EXPECT_EQ(std::count(plain.begin(), plain.end(), 2), 0);
  EXPECT_EQ(tokenizer->decode(plain, false), "</s>");
}

}  // namespace
}  // namespace hearth::text
