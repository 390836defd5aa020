#include "formats/describe.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "formats/gguf_builder.h"

namespace hearth::formats {
namespace {

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

TEST(Describe, SaysWhatAFixtureIs) {
  const auto checkpoint = open_checkpoint(kGolden / "gguf-mixed-q4_k_m");
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  const CheckpointSummary summary = describe(*checkpoint);
  EXPECT_EQ(summary.container, "GGUF v3");
  EXPECT_EQ(summary.kind, "model");
  EXPECT_EQ(summary.architecture, "llama");
  EXPECT_EQ(summary.name, "fixture");
  EXPECT_EQ(summary.n_tensors, 21);
  EXPECT_EQ(summary.n_files, 1);
  EXPECT_EQ(summary.file_bytes, 680256);
  EXPECT_EQ(summary.hidden_dim, 256);
  EXPECT_EQ(summary.vocab_size, 480);
  EXPECT_EQ(summary.n_layers, 2);
  EXPECT_EQ(summary.tokenizer, "llama");
  EXPECT_EQ(summary.pre_tokenizer, "default");
  EXPECT_FALSE(summary.has_chat_template);
  ASSERT_GE(summary.encodings.size(), 2U);
  EXPECT_GT(summary.encodings[0].n_bytes, summary.encodings[1].n_bytes);
  std::int64_t n_tensors = 0;
  std::int64_t n_bytes = 0;
  for (const EncodingCount& count : summary.encodings) {
    n_tensors += count.n_tensors;
    n_bytes += count.n_bytes;
  }
  EXPECT_EQ(n_tensors, 21);
  EXPECT_EQ(n_bytes, checkpoint->tensor_bytes());
}

TEST(Describe, ReadsCountsThatDifferPerLayerAndNamedTemplates) {
  GgufBuilder builder;
  builder.text("general.architecture", "x").text("tokenizer.chat_template.tool_use", "{{ messages }}");
  builder.array<std::uint32_t>("x.attention.head_count", GgufType::kU32, {4, 8, 0});
  builder.tensor("token_embd.weight", {8, 5}, 0, 0).data(160);
  const std::string bytes = builder.bytes();
  const auto checkpoint = read_one(bytes);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  const CheckpointSummary summary = describe(*checkpoint);
  EXPECT_EQ(summary.n_heads, 8);
  EXPECT_EQ(summary.n_kv_heads, 8);
  EXPECT_EQ(summary.vocab_size, 5);
  EXPECT_EQ(summary.n_parameters, 40);
  EXPECT_TRUE(summary.has_chat_template);
}

TEST(Describe, ARecurrentModelHasNoHeads) {
  const auto checkpoint = open_checkpoint(kGolden / "rwkv-v6-gguf" / "model.gguf");
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  const CheckpointSummary summary = describe(*checkpoint);
  EXPECT_EQ(summary.architecture, "rwkv6");
  EXPECT_EQ(summary.n_heads, std::nullopt);
  EXPECT_EQ(summary.n_kv_heads, std::nullopt);
}

TEST(Describe, AnEmptyFileHasNothingToSay) {
  const std::string bytes = GgufBuilder().bytes();
  const auto checkpoint = read_one(bytes);
  ASSERT_TRUE(checkpoint);
  const CheckpointSummary summary = describe(*checkpoint);
  EXPECT_EQ(summary.architecture, "");
  EXPECT_EQ(summary.n_layers, std::nullopt);
  EXPECT_EQ(summary.vocab_size, std::nullopt);
  EXPECT_TRUE(summary.encodings.empty());
}

}  // namespace
}  // namespace hearth::formats
