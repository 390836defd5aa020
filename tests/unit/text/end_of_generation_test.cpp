#include "text/end_of_generation.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

TEST(EndOfGeneration, KnownNamesBecomeControlTokens) {
  Vocabulary vocabulary({"a", "<|im_end|>", "<|endoftext|>", "</s>"}, {}, {});
  SpecialTokens special;
  special.eos = 2;
  find_end_of_generation(vocabulary, special);
  EXPECT_EQ(special.eot, 1);
  EXPECT_EQ(special.end_of_generation, (std::vector<TokenId>{1, 2}));
  EXPECT_EQ(vocabulary.kind(1), TokenKind::kControl);
  EXPECT_EQ(vocabulary.kind(3), TokenKind::kNormal);  // not the EOS of this vocabulary
}

TEST(EndOfGeneration, HarmonyMessagesEndWithoutEndingTheReply) {
  Vocabulary vocabulary({"<|end|>", "<|return|>", "<|call|>", "<|channel|>"}, {}, {});
  SpecialTokens special;
  find_end_of_generation(vocabulary, special);
  EXPECT_EQ(special.end_of_generation, (std::vector<TokenId>{1, 2}));
  EXPECT_EQ(vocabulary.kind(0), TokenKind::kUserDefined);
  EXPECT_EQ(vocabulary.kind(3), TokenKind::kUserDefined);
}

TEST(EndOfGeneration, WhatTheFileNamesIsKept) {
  Vocabulary vocabulary({"<|eot_id|>", "<|eom_id|>", "x"}, {}, {});
  SpecialTokens special;
  special.eot = 2;
  find_end_of_generation(vocabulary, special);
  EXPECT_EQ(special.eot, 2);
  EXPECT_EQ(special.eom, 1);
  EXPECT_EQ(special.end_of_generation, (std::vector<TokenId>{0, 1, 2}));
}

}  // namespace
}  // namespace hearth::text
