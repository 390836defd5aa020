#include <gtest/gtest.h>

#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

std::unique_ptr<Tokenizer> load(const std::string& name, const TokenRoles& roles) {
  auto tokenizer = make_tokenizer_from_json(read_file(golden("tokenizers/" + name + "/tokenizer.json")), roles);
  EXPECT_TRUE(tokenizer) << (tokenizer ? "" : tokenizer.error().message);
  return tokenizer ? *std::move(tokenizer) : nullptr;
}

TEST(MakeJsonTokenizer, BrokenFilesAreCorrupt) {
  for (const char* json : {"", "{", "{}", "[]", R"({"model":{"type":"BPE","vocab":{"a":0},"merges":["b c"]}})"}) {
    const auto tokenizer = make_tokenizer_from_json(json);
    ASSERT_FALSE(tokenizer) << json;
    EXPECT_EQ(tokenizer.error().code, ErrorCode::kCorruptFile) << tokenizer.error().message;
  }
}

TEST(MakeJsonTokenizer, AHugeTokenIdIsRefused) {
  const char* json = R"({"model":{"type":"WordLevel","vocab":{"a":0,"b":4000000000},"unk_token":"a"}})";
  EXPECT_FALSE(make_tokenizer_from_json(json));
}

TEST(MakeJsonTokenizer, SpecialTokensFromTheConfigAndThePostProcessor) {
  const auto tokenizer = load("bytelevel-llama3", {.eos = "<|eot_id|>"});
  ASSERT_TRUE(tokenizer);
  EXPECT_TRUE(tokenizer->special().add_bos);
  ASSERT_TRUE(tokenizer->special().bos);
  EXPECT_TRUE(tokenizer->is_control(*tokenizer->special().bos));
  EXPECT_EQ(tokenizer->special().eos, tokenizer->find_piece("<|eot_id|>"));
}

TEST(MakeJsonTokenizer, SpecialTextIsPlainTextOfUsers) {
  const auto tokenizer = load("bytelevel-llama3", {});
  ASSERT_TRUE(tokenizer);
  const std::string bos = tokenizer->piece(*tokenizer->special().bos);
  const auto parsed = ids_of(*tokenizer, bos, {.add_special = false});
  EXPECT_EQ(parsed, std::vector<TokenId>{*tokenizer->special().bos});
  const auto plain = ids_of(*tokenizer, bos, kPlain);
  EXPECT_GT(plain.size(), 1U);
  EXPECT_EQ(tokenizer->decode(plain, false), bos);
}

TEST(MakeJsonTokenizer, TokenBytesFollowTheDecoder) {
  const auto byte_level = load("bytelevel-gpt2", {});
  EXPECT_EQ(byte_level->token_bytes(*byte_level->find_piece("\xC4\xA0"), false), " ");
  const auto sentencepiece = load("spm-bpe-as-json", {});
  EXPECT_EQ(sentencepiece->token_bytes(*sentencepiece->find_piece("<0x0A>"), false), "\n");
  EXPECT_EQ(sentencepiece->token_bytes(*sentencepiece->find_piece("\xE2\x96\x81"), false), " ");
}

}  // namespace
}  // namespace hearth::text
