#include "formats/ggml_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "base/mapped_file.h"
#include "formats/ggml_builder.h"

namespace hearth::formats {
namespace {

using testing::HasSubstr;

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

std::string message(const std::string& bytes) {
  const auto part = parse_ggml_part(bytes_of(bytes));
  EXPECT_FALSE(part);
  return part ? "" : part.error().message;
}

TEST(GgmlPart, TellsTheArchitectureOfEveryFixture) {
  struct Case {
    const char* folder;
    const char* architecture;
    std::size_t n_tensors;
  };
  for (const Case& fixture : {Case{"ggml-gpt2", "gpt2", 29}, Case{"ggml-gpt-bigcode", "gpt2", 29},
                              Case{"ggml-gptj", "gptj", 25}, Case{"ggml-gpt-neox", "gptneox", 28},
                              Case{"ggml-mpt", "mpt", 14}, Case{"ggml-unversioned-q4_0", "llama", 291}}) {
    const auto file = base::MappedFile::open(kGolden / fixture.folder / "model.bin");
    ASSERT_TRUE(file) << file.error().message;
    const auto part = parse_ggml_part(file->bytes());
    ASSERT_TRUE(part) << fixture.folder << ": " << part.error().message;
    EXPECT_EQ(part->metadata.text("general.architecture"), fixture.architecture) << fixture.folder;
    EXPECT_EQ(part->tensors.size(), fixture.n_tensors) << fixture.folder;
    EXPECT_EQ(part->metadata.texts("ggml.tokens")->size(),
              static_cast<std::size_t>(*part->metadata.integer("ggml.n_vocab")));
  }
}

// A file of each header that no fixture has.
std::string architecture_of(const GgmlBuilder& builder) {
  const auto part = parse_ggml_part(bytes_of(builder.bytes()));
  EXPECT_TRUE(part) << part.error().message;
  return part ? std::string(*part->metadata.text("general.architecture")) : "";
}

TEST(GgmlPart, TellsBloomByItsTensors) {
  for (const bool has_n_rot : {false, true}) {
    GgmlBuilder builder;
    builder.put(kGgmlMagic).ints({1, 4, 1, 2, 1});
    if (has_n_rot) {
      builder.put(2);
    }
    builder.put(0).text("a").f32_tensor("tok_embeddings.weight", {4, 1}).f32_tensor("norm.weight", {4});
    builder.f32_tensor("layers.0.attention.query_key_value.weight", {4, 12});
    EXPECT_EQ(architecture_of(builder), "bloom") << has_n_rot;
  }
}

TEST(GgmlPart, TellsReplitByItsScores) {
  GgmlBuilder builder;
  builder.put(kGgmlMagic).ints({4, 16, 1, 1, 2, 1}).text("a").put(-1.0F).text("\xE2\x96\x81").put(-2.0F);
  builder.f32_tensor("transformer.wte.weight", {4, 2});
  builder.f32_tensor("transformer.blocks.0.attn.Wqkv.weight", {4, 12});
  EXPECT_EQ(architecture_of(builder), "replit");
}

TEST(GgmlPart, TellsFalconInEveryContainer) {
  for (const auto& [magic, version] :
       {std::pair{kGgmlMagic, 0U}, {kGgmfMagic, 1U}, {kGgjtMagic, 3U}, {kGgccMagic, 10U}}) {
    GgmlBuilder builder;
    builder.put(magic);
    if (version != 0) {
      builder.put(version);
    }
    builder.ints({1, 4, 2, 1, 1, 7, 0});
    if (magic == kGgccMagic) {
      builder.put(0);
    }
    builder.text("a");
    if (version != 0) {
      builder.put(0.0F);
    }
    if (magic == kGgccMagic) {
      builder.put(0);
    }
    const std::size_t alignment = magic == kGgjtMagic || magic == kGgccMagic ? 32 : 1;
    builder.f32_tensor("transformer.word_embeddings.weight", {4, 1}, 0.0F, alignment);
    builder.f32_tensor("transformer.h.0.self_attention.query_key_value.weight", {4, 8}, 0.0F, alignment);
    EXPECT_EQ(architecture_of(builder), "falcon") << version;
  }
}

TEST(GgmlPart, TellsNeoxFromBeforeParallelResidualWasWritten) {
  GgmlBuilder builder;
  builder.put(kGgmlMagic).ints({2, 16, 4, 1, 1, 4, 0}).text("<|endoftext|>").text("a");
  builder.f32_tensor("gpt_neox.embed_in.weight", {4, 2});
  builder.f32_tensor("gpt_neox.layers.0.attention.query_key_value.weight", {4, 12});
  const auto part = parse_ggml_part(bytes_of(builder.bytes()));
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->metadata.text("general.architecture"), "gptneox");
  EXPECT_FALSE(part->metadata.contains("ggml.par_res"));
}

TEST(GgmlPart, TellsStarcoderByItsVocabulary) {
  GgmlBuilder builder;
  builder.put(kGgmlMagic).ints({2, 16, 4, 1, 1, 0, 2}).text("<fim_prefix>").text("a");
  builder.f32_tensor("model/wte", {4, 2}).f32_tensor("model/h0/attn/c_attn/w", {4, 12});
  EXPECT_EQ(architecture_of(builder), "starcoder");
}

TEST(GgmlPart, SaysWhatIsWrongByTheLayoutThatFitsBest) {
  EXPECT_THAT(message(tiny_llama(kGgjtMagic, 3, 0).bytes()),
              HasSubstr("ggjt v3: read as llama: n_vocab at byte 8: 1 to 16777216 is expected, found 0"));
  const std::string llama = tiny_llama(kGgmfMagic, 1).bytes();
  EXPECT_THAT(message(llama.substr(0, llama.size() - 1)),
              HasSubstr("ggmf v1: read as llama: tensor layers.0.attention.wq.weight: its F32 data"));
  GgmlBuilder unknown;
  unknown.put(kGgjtMagic).put(1).ints({1, 4, 2, 1, 1, 4, 0}).text("a").put(0.0F).f32_tensor("strange", {1}, 0.0F, 32);
  EXPECT_THAT(message(unknown.bytes()), HasSubstr("the first tensor is strange, which no such model has"));
  GgmlBuilder empty;
  empty.put(kGgjtMagic).put(1).ints({1, 4, 2, 1, 1, 4, 0}).text("a").put(0.0F);
  EXPECT_THAT(message(empty.bytes()), HasSubstr("the file ends after the vocabulary, without any tensor"));
  GgmlBuilder other;
  other.put(kGgjtMagic).put(1).ints({1, 4, 2, 1, 1, 4, 0}).text("a").put(0.0F).f32_tensor("norm.weight", {4}, 0.0F, 32);
  EXPECT_THAT(message(other.bytes()), HasSubstr("tensor layers.0.attention.wq.weight is missing"));
}

TEST(GgmlPart, AnswersEveryTruncationWithOneLine) {
  for (const auto& [magic, version] : {std::pair{kGgmlMagic, 0U}, {kGgmfMagic, 1U}, {kGgjtMagic, 3U}}) {
    const std::string bytes = tiny_llama(magic, version).bytes();
    ASSERT_TRUE(parse_ggml_part(bytes_of(bytes)));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string text = message(bytes.substr(0, size));
      EXPECT_EQ(text.find('\n'), std::string::npos);
    }
  }
}

TEST(GgmlPart, SurvivesEveryNumberBeingWrong) {
  const std::string bytes = tiny_llama(kGgjtMagic, 3).bytes();
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 1) {
    for (const std::uint32_t value : {0U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU}) {
      std::string broken = bytes;
      std::memcpy(broken.data() + at, &value, sizeof(value));
      if (const auto part = parse_ggml_part(bytes_of(broken)); !part) {
        EXPECT_FALSE(part.error().message.empty());
      }
    }
  }
}

}  // namespace
}  // namespace hearth::formats
