#include "text/recovered_merges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "text/byte_level.h"
#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RecoveredMerges, AreThoseOfAGoldenTokenizer) {
  const auto json = base::parse_json(read_file(golden("tokenizers/bytelevel-gpt2/tokenizer.json")));
  ASSERT_TRUE(json) << json.error().message;
  const auto& model = json->at("model");
  std::vector<std::string> tokens(model.at("vocab").size());
  for (const auto& [piece, id] : model.at("vocab").items()) {
    tokens[id.get<std::size_t>()] = piece.starts_with("<|") ? piece : byte_level_to_bytes(piece);
  }
  std::vector<std::string> merges;
  for (const auto& merge : model.at("merges")) {
    merges.push_back(merge.is_string() ? merge.get<std::string>()
                                       : merge.at(0).get<std::string>() + " " + merge.at(1).get<std::string>());
  }
  const RecoveredVocabulary recovered = recover_merges(tokens);
  EXPECT_EQ(recovered.merges, merges);
  EXPECT_EQ(recovered.kinds.front(), TokenKind::kControl);
  EXPECT_EQ(std::ranges::count(recovered.kinds, TokenKind::kNormal), std::ssize(tokens) - 1);
}

TEST(RecoveredMerges, TakeTheTwoHalvesInOrder) {
  const RecoveredVocabulary recovered = recover_merges({"a", "b", " ", "ab", "aab", " aab", "ba"});
  EXPECT_THAT(recovered.merges, ElementsAre("a b", "a ab", "\xC4\xA0 aab", "b a"));
}

TEST(RecoveredMerges, TellTokensThatNoMergesLeadTo) {
  const RecoveredVocabulary recovered =
      recover_merges({"a", " ", "<|end|>", "### a", "     ", "  ", "aa", "aa", "", "[PAD7]", "a"});
  EXPECT_THAT(recovered.kinds,
              ElementsAre(TokenKind::kNormal, TokenKind::kNormal, TokenKind::kControl, TokenKind::kUserDefined,
                          TokenKind::kUserDefined, TokenKind::kUserDefined, TokenKind::kNormal, TokenKind::kUnused,
                          TokenKind::kUnused, TokenKind::kControl, TokenKind::kUnused));
  EXPECT_THAT(recovered.merges, ElementsAre("a a"));
}

// "!" to "~", then 162 bytes that the converter decoded to U+FFFD.
TEST(RecoveredMerges, PutLostBytesRight) {
  std::vector<std::string> tokens = {"<|endoftext|>"};
  for (char c = '!'; c <= '~'; ++c) {
    tokens.emplace_back(1, c);
  }
  const std::size_t n_printable = tokens.size();
  tokens.resize(n_printable + 162, "\xEF\xBF\xBD");
  tokens.push_back("ab");
  tokens.push_back("\xEF\xBF\xBD");
  const RecoveredVocabulary recovered = recover_merges(tokens);
  EXPECT_EQ(recovered.tokens[n_printable], "\xA1");
  EXPECT_EQ(recovered.tokens[n_printable + 161], "\xAD");
  EXPECT_THAT(recovered.merges, ElementsAre("a b"));
  EXPECT_EQ(recovered.kinds[n_printable], TokenKind::kNormal);
  EXPECT_EQ(recovered.kinds.back(), TokenKind::kUnused);
}

TEST(RecoveredMerges, OfNoOrLongTokensAreNone) {
  EXPECT_THAT(recover_merges({}).merges, IsEmpty());
  const RecoveredVocabulary recovered = recover_merges({"a", std::string(129, 'a'), "ab"});
  EXPECT_THAT(recovered.merges, IsEmpty());
  EXPECT_EQ(recovered.kinds[1], TokenKind::kUnused);
  EXPECT_EQ(recovered.kinds[2], TokenKind::kUserDefined);
}

}  // namespace
}  // namespace hearth::text
