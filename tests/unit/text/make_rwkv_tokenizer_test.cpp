#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "formats/checkpoint.h"
#include "text/make_tokenizer.h"
#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

TEST(MakeRwkvTokenizer, WorldVocabularyGivesTheReferencesIds) {
  const auto tokenizer = make_rwkv_tokenizer(read_file(golden("rwkv-tokenizer/rwkv_vocab_v20230424.txt")));
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ((*tokenizer)->n_tokens(), 65530);
  const auto file = base::parse_json(read_file(golden("rwkv-tokenizer/cases.json")));
  ASSERT_TRUE(file) << file.error().message;
  std::size_t n_cases = 0;
  for (const base::Json& expected : file->at("cases")) {
    const std::string text = expected.at("text");
    const auto ids = (*tokenizer)->encode(text, {.parse_special = false});
    ASSERT_TRUE(ids) << ids.error().message;
    EXPECT_EQ(*ids, expected.at("ids").get<std::vector<TokenId>>()) << text;
    EXPECT_EQ((*tokenizer)->decode(*ids, false), expected.at("decoded").get<std::string>());
    ++n_cases;
  }
  EXPECT_EQ(n_cases, 35U);
}

// The fixture's GGUF holds the beginning of the World vocabulary, which has every byte.
TEST(MakeRwkvTokenizer, GgufHoldsTheSameTokensEscaped) {
  const auto world = make_rwkv_tokenizer(read_file(golden("rwkv-tokenizer/rwkv_vocab_v20230424.txt"))).value();
  const auto checkpoint = formats::open_checkpoint(golden("rwkv-v6-gguf/model.gguf"));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  const auto tokenizer = make_gguf_tokenizer(checkpoint->metadata);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  ASSERT_EQ((*tokenizer)->n_tokens(), 320);
  for (TokenId id = 1; id < 320; ++id) {
    EXPECT_EQ((*tokenizer)->token_bytes(id, false), world->token_bytes(id, false)) << id;
  }
  EXPECT_TRUE((*tokenizer)->is_control(0));
  EXPECT_EQ((*tokenizer)->special().end_of_generation, std::vector<TokenId>{0});
  EXPECT_EQ((*tokenizer)->encode("\n\xFF", {}).value(), (std::vector<TokenId>{11, 256}));
  formats::Metadata broken = checkpoint->metadata;
  std::vector<std::string> tokens = *broken.texts("tokenizer.ggml.tokens");
  tokens[7] = "\\x";
  broken.set("tokenizer.ggml.tokens", {tokens});
  EXPECT_EQ(make_gguf_tokenizer(broken).error().message, "tokenizer.ggml.tokens: token 7 has a broken escape: \\x");
}

TEST(MakeRwkvTokenizer, LinesMayBeOddButNotWrong) {
  const auto odd = make_rwkv_tokenizer("1 'a' 1\r\n\n3 ' b ' 3\n2 'c' 1");
  ASSERT_TRUE(odd) << odd.error().message;
  EXPECT_EQ((*odd)->n_tokens(), 4);
  EXPECT_EQ((*odd)->encode("a bc", {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ((*odd)->encode("a b c", {}).value(), (std::vector<TokenId>{1, 3, 2}));

  struct Row {
    const char* text;
    const char* message;
  };
  for (const Row& row : {Row{"", "the RWKV vocabulary has no token"},
                         Row{"1 'a' 1\nhello", "line 2 of the RWKV vocabulary: expected an id, a literal and a length"},
                         Row{"x 'a' 1", "line 1 of the RWKV vocabulary: expected an id of 1 to 1048576"},
                         Row{"0 'a' 1", "line 1 of the RWKV vocabulary: expected an id of 1 to 1048576"},
                         Row{"1 a 1", "line 1 of the RWKV vocabulary: expected a Python text or bytes literal"},
                         Row{"1 '' 0", "line 1 of the RWKV vocabulary: expected a Python text or bytes literal"},
                         Row{"1 'a' 2", "line 1 of the RWKV vocabulary: expected a length of 1"},
                         Row{"1 'a' x", "line 1 of the RWKV vocabulary: expected a length of 1"},
                         Row{"1 'a' 1\n1 'b' 1", "line 2 of the RWKV vocabulary: the id occurs twice"},
                         Row{"9000 'a' 1", "line 1 of the RWKV vocabulary: the id is out of order"}}) {
    const auto made = make_rwkv_tokenizer(row.text);
    ASSERT_FALSE(made) << row.text;
    EXPECT_EQ(made.error().code, ErrorCode::kCorruptFile);
    EXPECT_EQ(made.error().message, row.message);
  }
}

}  // namespace
}  // namespace hearth::text
