#include "text/pre_tokenizer.h"

#include <gtest/gtest.h>

#include "text/sub_words.h"

namespace hearth::text {
namespace {

constexpr std::string_view kIds[] = {"default",       "gpt-2",
                                     "llama-bpe",     "llama3",
                                     "qwen2",         "qwen35",
                                     "smollm",        "starcoder",
                                     "refact",        "command-r",
                                     "deepseek-llm",  "falcon",
                                     "mpt",           "bloom",
                                     "phi-2",         "dbrx",
                                     "olmo",          "jina-v2-code",
                                     "jina-v2-es",    "tekken",
                                     "gpt-4o",        "chatglm-bpe",
                                     "glm4",          "viking",
                                     "poro-chat",     "stablelm2",
                                     "codeshell",     "exaone",
                                     "exaone-moe",    "minerva-7b",
                                     "chameleon",     "superbpe",
                                     "bailingmoe",    "seed-coder",
                                     "kimi-k2",       "laguna",
                                     "hunyuan-dense", "youtu",
                                     "tiny_aya",      "jais-2",
                                     "deepseek-v3",   "deepseek-coder",
                                     "gemma4",        "minicpm5",
                                     "sarvam-moe",    "granite-embed-multi-97m"};

// Byte-level letters, enough for "Hi 42!".
Vocabulary letters() {
  std::vector<std::string> pieces;
  for (const char* piece : {"H", "i", "\xC4\xA0", "4", "2", "!", "\xE2\x96\x81"}) pieces.emplace_back(piece);
  return {std::move(pieces), {}, {}};
}

TEST(PreTokenizer, EveryKnownIdHasPatternsThatCompile) {
  const Vocabulary vocabulary = letters();
  for (const std::string_view id : kIds) {
    const PreTokenizer pre_tokenizer = pre_tokenizer_for(id);
    EXPECT_TRUE(pre_tokenizer.known) << id;
    const auto sub_words = make_bpe_sub_words(vocabulary, {}, pre_tokenizer);
    ASSERT_TRUE(sub_words) << id << ": " << sub_words.error().message;
    std::vector<TokenId> ids;
    ASSERT_TRUE((*sub_words)->encode("Hi 42!", true, ids));
    const TokenId space = pre_tokenizer.byte_level ? 2 : 6;
    EXPECT_EQ(ids, (std::vector<TokenId>{0, 1, space, 3, 4, 5})) << id;
  }
}

TEST(PreTokenizer, UnknownIdsFallBack) {
  EXPECT_FALSE(pre_tokenizer_for("never-heard-of").known);
  EXPECT_FALSE(pre_tokenizer_for("never-heard-of").patterns.empty());
  EXPECT_TRUE(pre_tokenizer_for("").known);
  EXPECT_FALSE(pre_tokenizer_for("gpt").known);  // no prefix matching
}

TEST(PreTokenizer, Llama3TakesWholeWordsAndAddsBos) {
  EXPECT_TRUE(pre_tokenizer_for("llama-bpe").ignore_merges);
  EXPECT_TRUE(pre_tokenizer_for("llama-bpe").add_bos);
  EXPECT_FALSE(pre_tokenizer_for("qwen2").ignore_merges);
}

}  // namespace
}  // namespace hearth::text
