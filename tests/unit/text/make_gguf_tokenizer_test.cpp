#include <gtest/gtest.h>

#include "text/text_fixtures.h"

namespace hearth::text {
namespace {

TEST(MakeGgufTokenizer, FilesWithoutAVocabulary) {
  EXPECT_EQ(make_gguf_tokenizer({}).error().code, ErrorCode::kNotFound);
  formats::Metadata none;
  none.set("tokenizer.ggml.model", {std::string("none")});
  EXPECT_EQ(make_gguf_tokenizer(none).error().code, ErrorCode::kNotFound);
  formats::Metadata unknown;
  unknown.set("tokenizer.ggml.model", {std::string("mystery")});
  EXPECT_EQ(make_gguf_tokenizer(unknown).error().code, ErrorCode::kUnsupported);
}

TEST(MakeGgufTokenizer, ShortListsAreCorrupt) {
  auto metadata = LlamaVocabulary().metadata();
  metadata.set("tokenizer.ggml.scores", {std::vector<float>{1, 2}});
  EXPECT_EQ(make_gguf_tokenizer(metadata).error().code, ErrorCode::kCorruptFile);
  metadata = LlamaVocabulary().metadata();
  metadata.set("tokenizer.ggml.token_type", {std::vector<std::int64_t>{1}});
  EXPECT_EQ(make_gguf_tokenizer(metadata).error().code, ErrorCode::kCorruptFile);
  metadata = LlamaVocabulary().metadata();
  metadata.set("tokenizer.ggml.tokens", {std::string("text")});
  EXPECT_EQ(make_gguf_tokenizer(metadata).error().code, ErrorCode::kCorruptFile);
}

TEST(MakeGgufTokenizer, DefaultsOfLlamaVocabularies) {
  const auto tokenizer = tokenizer_of(LlamaVocabulary().metadata());
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(tokenizer->special().bos, 1);
  EXPECT_EQ(tokenizer->special().eos, 2);
  EXPECT_EQ(tokenizer->special().unknown, 0);
  EXPECT_TRUE(tokenizer->special().add_bos);
  EXPECT_FALSE(tokenizer->special().add_eos);
  EXPECT_EQ(tokenizer->special().end_of_generation, std::vector<TokenId>{2});
}

TEST(MakeGgufTokenizer, KeysWinOverDefaults) {
  auto metadata = LlamaVocabulary().metadata();
  metadata.set("tokenizer.ggml.add_bos_token", {false});
  metadata.set("tokenizer.ggml.add_eos_token", {true});
  metadata.set("tokenizer.ggml.eos_token_id", {std::uint64_t{7}});
  metadata.set("tokenizer.ggml.padding_token_id", {std::uint64_t{1} << 40});  // nonsense counts as absent
  const auto tokenizer = tokenizer_of(metadata);
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(ids_of(*tokenizer, "", {}), std::vector<TokenId>{7});
  EXPECT_EQ(tokenizer->special().padding, std::nullopt);
}

TEST(MakeGgufTokenizer, Phi3TokensSwallowWhiteSpaceBehindThem) {
  LlamaVocabulary vocabulary;
  const TokenId end = vocabulary.add("<|end|>", 0, 3);
  const TokenId a = vocabulary.add(
      "\xE2\x96\x81"
      "a",
      -1);
  auto metadata = vocabulary.metadata();
  metadata.set("general.name", {std::string("Phi3 Mini")});
  EXPECT_EQ(ids_of(*tokenizer_of(metadata), "<|end|>\n a", {.add_special = false}), (std::vector<TokenId>{end, a}));
}

TEST(MakeGgufTokenizer, BertFramesTheText) {
  using Texts = std::vector<std::string>;
  formats::Metadata metadata;
  metadata.set("tokenizer.ggml.model", {std::string("bert")});
  metadata.set("tokenizer.ggml.tokens", {Texts{"[UNK]", "[CLS]", "[SEP]", "\xE2\x96\x81hi"}});
  metadata.set("tokenizer.ggml.token_type", {std::vector<std::int64_t>{2, 3, 3, 1}});
  EXPECT_EQ(ids_of(*tokenizer_of(metadata), "Hi", {}), (std::vector<TokenId>{1, 3, 2}));
}

}  // namespace
}  // namespace hearth::text
