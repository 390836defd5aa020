#include <gtest/gtest.h>

#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

TEST(MakeVocabMergesTokenizer, ReadsBothFiles) {
  const auto tokenizer =
      make_vocab_merges_tokenizer(R"({"ab": 2, "a": 0, "b": 1, "</s>": 4})", "#version: 0.2\r\na b\r\n");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ((*tokenizer)->n_tokens(), 5);
  EXPECT_EQ(ids_of(**tokenizer, "ab</s>", {}), (std::vector<TokenId>{2, 4}));
  EXPECT_EQ((*tokenizer)->special().end_of_generation, std::vector<TokenId>{4});
  EXPECT_EQ((*tokenizer)->piece(3), "");  // a hole
}

TEST(MakeVocabMergesTokenizer, BadIdsAreCorrupt) {
  for (const char* json :
       {R"({"a": -1})", R"({"a": 1e9})", R"({"a": 99999999999})", R"({"a": 4000000})", R"({"a": "b"})", "[]", "{"}) {
    EXPECT_FALSE(make_vocab_merges_tokenizer(json, "")) << json;
  }
}

}  // namespace
}  // namespace hearth::text
