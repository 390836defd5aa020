#include "text/make_ggml_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "text/byte_level.h"
#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

using testing::ElementsAre;

std::unique_ptr<Tokenizer> ggml_tokenizer_of(const formats::Metadata& metadata) {
  auto tokenizer = make_ggml_tokenizer(metadata);
  EXPECT_TRUE(tokenizer) << (tokenizer ? "" : tokenizer.error().message);
  return tokenizer ? *std::move(tokenizer) : nullptr;
}

void expect_same_ids(const Tokenizer& tokenizer, const std::string& folder) {
  const auto file = base::parse_json(read_file(golden("tokenizers/" + folder + "/cases.json")));
  ASSERT_TRUE(file) << file.error().message;
  for (const base::Json& expected : file->at("cases")) {
    const std::string text = expected.at("text");
    EXPECT_EQ(ids_of(tokenizer, text, kPlain), expected.at("ids").get<std::vector<TokenId>>()) << text;
  }
}

// The vocabulary of these fixtures is that of gguf-spm-bpe.
TEST(MakeGgmlTokenizer, GivesTheIdsOfSentencepieceWithAndWithoutScores) {
  for (const char* folder : {"ggjt-v3-f16", "ggml-unversioned-q4_0"}) {
    const auto checkpoint = formats::open_checkpoint(golden(std::string(folder) + "/model.bin"));
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    const auto tokenizer = ggml_tokenizer_of(checkpoint->metadata);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->special().bos, 1);
    EXPECT_EQ(tokenizer->special().eos, 2);
    EXPECT_TRUE(tokenizer->special().add_bos);
    expect_same_ids(*tokenizer, "gguf-spm-bpe");
  }
}

formats::Metadata gpt2_metadata() {
  const auto json = base::parse_json(read_file(golden("tokenizers/bytelevel-gpt2/tokenizer.json"))).value();
  std::vector<std::string> tokens(json.at("model").at("vocab").size());
  for (const auto& [piece, id] : json.at("model").at("vocab").items()) {
    tokens[id.get<std::size_t>()] = piece.starts_with("<|") ? piece : byte_level_to_bytes(piece);
  }
  formats::Metadata metadata;
  metadata.set("general.architecture", {std::string("gpt2")});
  metadata.set("ggml.tokens", {std::move(tokens)});
  return metadata;
}

TEST(MakeGgmlTokenizer, GivesTheIdsOfByteLevelBpeWithoutMerges) {
  const auto tokenizer = ggml_tokenizer_of(gpt2_metadata());
  ASSERT_TRUE(tokenizer);
  expect_same_ids(*tokenizer, "bytelevel-gpt2");
  EXPECT_EQ(tokenizer->special().eos, 0);
  EXPECT_FALSE(tokenizer->special().add_bos);
  EXPECT_TRUE(tokenizer->is_control(0));
  EXPECT_EQ(tokenizer->decode(ids_of(*tokenizer, "na\xC3\xAFve \xE2\x82\xAC", kPlain), false),
            "na\xC3\xAFve \xE2\x82\xAC");
}

TEST(MakeGgmlTokenizer, ReadsTheVocabularyOfEveryFixture) {
  for (const char* folder : {"ggml-gpt2", "ggml-gpt-neox", "ggml-gptj", "ggml-mpt", "ggml-gpt-bigcode"}) {
    const auto checkpoint = formats::open_checkpoint(golden(std::string(folder) + "/model.bin"));
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    const auto tokenizer = ggml_tokenizer_of(checkpoint->metadata);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(tokenizer->n_tokens(), 320);
    const std::string text = "The caf\xC3\xA9 \xF0\x9F\x98\x80\n";
    EXPECT_EQ(tokenizer->decode(ids_of(*tokenizer, text, kPlain), false), text) << folder;
    EXPECT_EQ(ids_of(*tokenizer, "<|endoftext|>", {}), std::vector<TokenId>{0}) << folder;
  }
}

TEST(MakeGgmlTokenizer, TakesMergesWhereTheFileHasThem) {
  formats::Metadata metadata;
  metadata.set("general.architecture", {std::string("falcon")});
  metadata.set("ggml.tokens", {std::vector<std::string>{"<|endoftext|>", "a", "b", "c", "ab", "bc", "abc"}});
  metadata.set("ggml.merges", {std::vector<std::string>{"b c", "a bc", "a b"}});
  const auto tokenizer = ggml_tokenizer_of(metadata);
  ASSERT_TRUE(tokenizer);
  EXPECT_THAT(ids_of(*tokenizer, "abc", kPlain), ElementsAre(6));
  EXPECT_THAT(ids_of(*tokenizer, "ab", kPlain), ElementsAre(4));
  EXPECT_EQ(tokenizer->special().eos, 0);
}

TEST(MakeGgmlTokenizer, RunsReplitAsUnigram) {
  const std::string mark = "\xE2\x96\x81";
  formats::Metadata metadata;
  metadata.set("general.architecture", {std::string("replit")});
  metadata.set("ggml.tokens", {std::vector<std::string>{"<unk>", "<|endoftext|>", mark, "a", "b", "ab", mark + "a"}});
  metadata.set("ggml.scores", {std::vector<float>{0, 0, -2, -2, -2, -5, -3}});
  const auto tokenizer = ggml_tokenizer_of(metadata);
  ASSERT_TRUE(tokenizer);
  EXPECT_THAT(ids_of(*tokenizer, "ab a", kPlain), ElementsAre(3, 4, 6));
  EXPECT_EQ(tokenizer->special().eos, 1);
  EXPECT_EQ(tokenizer->decode(std::vector<TokenId>{5, 6}, false), "ab a");
}

TEST(MakeGgmlTokenizer, MatchesTokensThatAFineTuneAdded) {
  std::vector<std::string> tokens(3);
  for (int byte = 0; byte < 256; ++byte) {
    tokens.emplace_back(1, static_cast<char>(byte));
  }
  std::vector<float> scores(tokens.size(), 0.0F);
  for (const char* piece : {" a", " ", "a"}) {
    tokens.emplace_back(piece);
    scores.push_back(-2000.0F - static_cast<float>(tokens.size()));
  }
  tokens.emplace_back("<|prompter|>");
  scores.push_back(-1000.0F);
  formats::Metadata metadata;
  metadata.set("general.architecture", {std::string("llama")});
  metadata.set("ggml.tokens", {tokens});
  metadata.set("ggml.scores", {scores});
  const auto tokenizer = ggml_tokenizer_of(metadata);
  ASSERT_TRUE(tokenizer);
  EXPECT_THAT(ids_of(*tokenizer, "a<|prompter|>", kPlain), ElementsAre(259, 262));
  EXPECT_EQ(tokenizer->token_bytes(100, false), "a");
}

TEST(MakeGgmlTokenizer, NeedsAVocabulary) {
  EXPECT_EQ(make_ggml_tokenizer({}).error().code, ErrorCode::kNotFound);
  formats::Metadata metadata;
  metadata.set("ggml.tokens", {std::vector<std::string>{}});
  EXPECT_EQ(make_ggml_tokenizer(metadata).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth::text
