#include "formats/describe_ggml.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace hearth::formats {
namespace {

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

CheckpointSummary summary_of(const char* folder) {
  const auto checkpoint = open_checkpoint(kGolden / folder / "model.bin");
  EXPECT_TRUE(checkpoint) << checkpoint.error().message;
  return checkpoint ? describe(*checkpoint) : CheckpointSummary{};
}

TEST(DescribeGgml, SaysWhatALlamaFileIs) {
  const CheckpointSummary summary = summary_of("ggjt-v3-q4_k_m");
  EXPECT_EQ(summary.container, "ggjt v3");
  EXPECT_EQ(summary.kind, "model");
  EXPECT_EQ(summary.architecture, "llama");
  EXPECT_EQ(summary.hidden_dim, 256);
  EXPECT_EQ(summary.n_layers, 1);
  EXPECT_EQ(summary.n_heads, 4);
  EXPECT_EQ(summary.n_kv_heads, 4);
  EXPECT_EQ(summary.vocab_size, 480);
  EXPECT_EQ(summary.ffn_dim, 768);
  EXPECT_EQ(summary.context_length, std::nullopt);
  EXPECT_EQ(summary.tokenizer, "llama");
}

TEST(DescribeGgml, SaysWhatOtherArchitecturesAre) {
  struct Case {
    const char* folder;
    const char* architecture;
  };
  for (const Case& fixture : {Case{"ggml-gpt2", "gpt2"}, Case{"ggml-gpt-neox", "gptneox"}, Case{"ggml-gptj", "gptj"},
                              Case{"ggml-mpt", "mpt"}}) {
    const CheckpointSummary summary = summary_of(fixture.folder);
    EXPECT_EQ(summary.container, "ggml");
    EXPECT_EQ(summary.architecture, fixture.architecture);
    EXPECT_EQ(summary.hidden_dim, 64);
    EXPECT_EQ(summary.n_layers, 2);
    EXPECT_EQ(summary.n_heads, 4);
    EXPECT_EQ(summary.n_kv_heads, 4);
    EXPECT_EQ(summary.vocab_size, 320);
    EXPECT_EQ(summary.ffn_dim, 256);
    EXPECT_EQ(summary.context_length, 256);
    EXPECT_EQ(summary.tokenizer, "gpt2");
  }
}

}  // namespace
}  // namespace hearth::formats
