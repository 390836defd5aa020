#include "text/detokenizer.h"

#include <gtest/gtest.h>

#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

class DetokenizerTest : public testing::Test {
 protected:
  static TokenId byte(int value) { return 3 + value; }
  std::unique_ptr<Tokenizer> tokenizer_ = tokenizer_of(LlamaVocabulary().metadata());
};

TEST_F(DetokenizerTest, NeverSplitsACharacter) {
  Detokenizer detokenizer(*tokenizer_);
  EXPECT_EQ(detokenizer.push(byte('x')), "x");
  EXPECT_EQ(detokenizer.push(byte(0xF0)), "");
  EXPECT_EQ(detokenizer.push(byte(0x9F)), "");
  EXPECT_EQ(detokenizer.push(byte(0xA6)), "");
  EXPECT_EQ(detokenizer.push(byte(0x99)), "\xF0\x9F\xA6\x99");
  EXPECT_EQ(detokenizer.flush(), "");
}

TEST_F(DetokenizerTest, InvalidBytesAreReplacedOnceCertain) {
  Detokenizer detokenizer(*tokenizer_);
  EXPECT_EQ(detokenizer.push(byte(0xE2)), "");
  EXPECT_EQ(detokenizer.push(byte('a')),
            "\xEF\xBF\xBD"
            "a");
  EXPECT_EQ(detokenizer.push(byte(0x80)), "\xEF\xBF\xBD");
  EXPECT_EQ(detokenizer.push(byte(0xE2)), "");
  EXPECT_EQ(detokenizer.flush(), "\xEF\xBF\xBD");
  EXPECT_EQ(detokenizer.flush(), "");
}

TEST_F(DetokenizerTest, ControlTokensOnlyWhenAskedFor) {
  EXPECT_EQ(Detokenizer(*tokenizer_).push(2), "");
  EXPECT_EQ(Detokenizer(*tokenizer_, true).push(2), "</s>");
}

TEST_F(DetokenizerTest, AnyCutGivesTheSameText) {
  const std::string text = "a\xC3\xA4\xFF\xE2\x82\xAC\xED\xA0\x80z\xF0\x9F";
  Detokenizer detokenizer(*tokenizer_);
  std::string streamed;
  for (const char c : text) streamed += detokenizer.push(byte(static_cast<unsigned char>(c)));
  streamed += detokenizer.flush();
  std::vector<TokenId> ids;
  for (const char c : text) ids.push_back(byte(static_cast<unsigned char>(c)));
  EXPECT_EQ(streamed, tokenizer_->decode(ids, false));
}

}  // namespace
}  // namespace hearth::text
