#include "text/rwkv_sub_words.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

std::unique_ptr<Tokenizer> tokenizer_of(std::vector<std::string> pieces) {
  pieces.insert(pieces.begin(), "");
  auto made = make_rwkv_world_tokenizer(std::move(pieces));
  EXPECT_TRUE(made) << made.error().message;
  return *std::move(made);
}

TEST(RwkvSubWords, TheLongestTokenWins) {
  const auto tokenizer = tokenizer_of({"a", "b", "abc", "ab", "abcde", "c", "d"});
  EXPECT_EQ(tokenizer->encode("abcdab", {}).value(), (std::vector<TokenId>{3, 7, 4}));
  EXPECT_EQ(tokenizer->encode("abcdeab", {}).value(), (std::vector<TokenId>{5, 4}));
  EXPECT_EQ(tokenizer->encode("", {}).value(), std::vector<TokenId>());
}

TEST(RwkvSubWords, AByteWithoutATokenIsNamed) {
  const auto tokenizer = tokenizer_of({"a"});
  const auto ids = tokenizer->encode("aa\xFF", {});
  ASSERT_FALSE(ids);
  EXPECT_EQ(ids.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ids.error().message, "the vocabulary has no token for the byte 0xff");
}

TEST(RwkvSubWords, TokensMayEndWithinACharacter) {
  const auto tokenizer = tokenizer_of({"\xE4\xBD", "\xA0", "", "x", "x"});
  const std::vector<TokenId> ids = tokenizer->encode("\xE4\xBD\xA0x", {}).value();
  EXPECT_EQ(ids, (std::vector<TokenId>{1, 2, 4})) << "of two equal tokens the first";
  EXPECT_EQ(tokenizer->token_bytes(1, false), "\xE4\xBD");
  EXPECT_EQ(tokenizer->decode(ids, false), "\xE4\xBD\xA0x");
  EXPECT_EQ(tokenizer->decode(std::vector<TokenId>{2}, false), "\xEF\xBF\xBD");
  EXPECT_EQ(tokenizer->token_bytes(3, false), "");
}

TEST(RwkvSubWords, TokenZeroEndsAText) {
  const auto tokenizer = tokenizer_of({"a", "<"});
  EXPECT_EQ(tokenizer->special().eos, 0);
  EXPECT_EQ(tokenizer->special().end_of_generation, std::vector<TokenId>{0});
  EXPECT_TRUE(tokenizer->is_control(0));
  EXPECT_EQ(tokenizer->encode("a<|endoftext|>a", {}).value(), (std::vector<TokenId>{1, 0, 1}));
  EXPECT_FALSE(tokenizer->encode("a<|endoftext|>", {.parse_special = false}));
  EXPECT_EQ(tokenizer->decode(std::vector<TokenId>{1, 0}, false), "a");
  EXPECT_FALSE(make_rwkv_world_tokenizer({""}));
}

}  // namespace
}  // namespace hearth::text
