#include <gtest/gtest.h>

#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

TEST(MakeSentencePieceTokenizer, BrokenFilesAreCorrupt) {
  for (const std::string& bytes : {std::string(), std::string("\x0A\xFF\xFF"), std::string(100, '\xFF')}) {
    const auto tokenizer = make_sentencepiece_tokenizer(bytes);
    ASSERT_FALSE(tokenizer);
    EXPECT_EQ(tokenizer.error().code, ErrorCode::kCorruptFile);
  }
}

// Found by fuzzing: the trie inside the library throws.
TEST(MakeSentencePieceTokenizer, APieceThatBeginsWithNulIsCorrupt) {
  using namespace std::string_literals;
  const std::string model =
      "\x0A\x0E\x0A\x05<unk>\x15\0\0\0\0\x18\x02"s
      "\x0A\x08\x0A\x01\0\x15\0\0\0\0"s
      "\x12\x02\x18\x01"s;
  const auto tokenizer = make_sentencepiece_tokenizer(model);
  ASSERT_FALSE(tokenizer);
  EXPECT_EQ(tokenizer.error().code, ErrorCode::kCorruptFile) << tokenizer.error().message;
}

TEST(MakeSentencePieceTokenizer, ControlTokensAreParsedAndBosAdded) {
  const auto tokenizer = make_sentencepiece_tokenizer(read_file(golden("tokenizers/spm-bpe/tokenizer.model")));
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  const SpecialTokens& special = (*tokenizer)->special();
  ASSERT_TRUE(special.bos && special.eos);
  const auto ids = ids_of(**tokenizer, (*tokenizer)->piece(*special.eos), {});
  EXPECT_EQ(ids, (std::vector<TokenId>{*special.bos, *special.eos}));
  EXPECT_EQ((*tokenizer)->decode(ids, false), "");
  EXPECT_EQ((*tokenizer)->decode(ids, true), (*tokenizer)->piece(*special.bos) + (*tokenizer)->piece(*special.eos));
  EXPECT_TRUE((*tokenizer)->is_control(*special.bos));
}

}  // namespace
}  // namespace hearth::text
