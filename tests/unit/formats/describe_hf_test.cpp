#include "formats/describe_hf.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace hearth::formats {
namespace {

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

CheckpointSummary summary_of(const char* fixture) {
  const auto checkpoint = open_checkpoint(kGolden / fixture);
  EXPECT_TRUE(checkpoint) << checkpoint.error().message;
  return checkpoint ? describe(*checkpoint) : CheckpointSummary{};
}

TEST(DescribeHf, SaysWhatAFolderIs) {
  const CheckpointSummary summary = summary_of("hf-llama-bf16-sharded");
  EXPECT_EQ(summary.container, "safetensors");
  EXPECT_EQ(summary.architecture, "llama");
  EXPECT_EQ(summary.quantization, "");
  EXPECT_EQ(summary.n_files, 3);
  EXPECT_EQ(summary.n_tensors, 21);
  EXPECT_EQ(summary.n_parameters, 115008);
  EXPECT_EQ(summary.n_layers, 2);
  EXPECT_EQ(summary.hidden_dim, 64);
  EXPECT_EQ(summary.ffn_dim, 128);
  EXPECT_EQ(summary.n_heads, 4);
  EXPECT_EQ(summary.n_kv_heads, 2);
  EXPECT_EQ(summary.context_length, 256);
  EXPECT_EQ(summary.vocab_size, 320);
  EXPECT_EQ(summary.tokenizer, "");
}

TEST(DescribeHf, KnowsTheSpellingsOfOldConfigurations) {
  const CheckpointSummary gpt2 = summary_of("hf-gpt2");
  EXPECT_EQ(gpt2.architecture, "gpt2");
  EXPECT_TRUE(gpt2.n_layers && gpt2.hidden_dim && gpt2.n_heads && gpt2.context_length);
  const CheckpointSummary mpt = summary_of("hf-mpt");
  EXPECT_EQ(mpt.n_heads, 4);
  EXPECT_EQ(mpt.context_length, 256);
  EXPECT_EQ(summary_of("hf-gpt-bigcode").n_kv_heads, 1);
  EXPECT_EQ(summary_of("hf-mixtral").n_experts, 4);
  EXPECT_EQ(summary_of("hf-opt-bin").container, "PyTorch");
}

TEST(DescribeHf, NamesThePackingAndCountsWhatItStandsFor) {
  const std::int64_t n_plain = summary_of("hf-llama-f32").n_parameters;
  EXPECT_EQ(summary_of("gptq-4bit-32g").quantization, "GPTQ 4-bit, groups of 32");
  EXPECT_EQ(summary_of("gptq-4bit-32g").n_parameters, n_plain);
  EXPECT_EQ(summary_of("gptq-3bit-32g").n_parameters, n_plain);
  EXPECT_EQ(summary_of("gptq-4bit-32g-actorder").quantization, "GPTQ 4-bit, groups of 32, act-order");
  EXPECT_EQ(summary_of("gptq-8bit-32g-asym-autogptq").quantization, "GPTQ 8-bit, groups of 32, asymmetric");
  EXPECT_EQ(summary_of("gptq-4bit-nogroup").quantization, "GPTQ 4-bit, one group per row, act-order");
  EXPECT_EQ(summary_of("awq-gemm-32g").quantization, "AWQ 4-bit, groups of 32, gemm");
  EXPECT_EQ(summary_of("awq-gemm-32g").n_parameters, n_plain);
  EXPECT_EQ(summary_of("awq-gemv-fast-64g").n_parameters, summary_of("awq-gemv-64g").n_parameters);
  EXPECT_EQ(summary_of("exl2-mixed").quantization, "EXL2, 4.5 bits on average");
  EXPECT_EQ(summary_of("exl2-mixed").n_parameters, n_plain);
  EXPECT_EQ(summary_of("hf-llama-fp8-block").quantization, "FP8, blocks of 128 by 128");
  EXPECT_EQ(summary_of("hf-llama-fp8-channel").quantization,
            "compressed-tensors float-quantized 8-bit, one scale per channel");
  EXPECT_EQ(summary_of("hf-llama-fp8-channel").n_parameters, n_plain);
}

TEST(DescribeHf, TellsThePackingByNamesWithoutAConfiguration) {
  const auto quantization = [](const char* tensor) {
    Checkpoint checkpoint;
    checkpoint.tensors.push_back({.name = tensor, .shape = {1}});
    EXPECT_TRUE(checkpoint.index_tensors());
    return describe_quantization(checkpoint);
  };
  EXPECT_EQ(quantization("a.q_weight"), "EXL2");
  EXPECT_EQ(quantization("a.trellis"), "EXL3");
  EXPECT_EQ(quantization("a.qweight"), "AWQ, gemm");
  EXPECT_EQ(quantization("a.weight"), "");
}

TEST(DescribeHf, ReadsRwkvFromItsTensors) {
  const CheckpointSummary v4 = summary_of("rwkv-v4-pth");
  EXPECT_EQ(v4.architecture, "rwkv 4");
  EXPECT_EQ(v4.n_heads, std::nullopt);
  EXPECT_TRUE(v4.n_layers && *v4.n_layers > 0);
  EXPECT_TRUE(v4.vocab_size && v4.hidden_dim && v4.ffn_dim);
  const std::pair<const char*, const char*> kOthers[] = {{"rwkv-v5.1-pth", "rwkv 5.1"},
                                                         {"rwkv-v5.2-pth", "rwkv 5.2"},
                                                         {"rwkv-v6-pth", "rwkv 6"},
                                                         {"rwkv-v7-pth", "rwkv 7"}};
  for (const auto& [fixture, architecture] : kOthers) {
    const CheckpointSummary summary = summary_of(fixture);
    EXPECT_EQ(summary.architecture, architecture);
    ASSERT_TRUE(summary.n_heads && summary.hidden_dim) << fixture;
    EXPECT_EQ(*summary.hidden_dim % *summary.n_heads, 0) << fixture;
    EXPECT_GT(*summary.n_heads, 1) << fixture;
  }
}

}  // namespace
}  // namespace hearth::formats
