#include "model/loader.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "model/fixture.h"

namespace hearth::model {
namespace {

using testing::open_fixture;

Error load_error(formats::Checkpoint checkpoint) {
  cpu::ThreadPool pool(1);
  const auto model = load_model(std::move(checkpoint), {}, pool, testing::test_kernels());
  return model ? Error{ErrorCode::kInternal, "loaded"} : model.error();
}

void expect_error(const Error& error, ErrorCode code, std::string_view part) {
  EXPECT_EQ(error.code, code);
  EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find('\n'), std::string::npos);
}

TEST(LoaderTest, ContextIsTrainedDefaultOrAsAsked) {
  cpu::ThreadPool pool(1);
  EXPECT_EQ(testing::load_fixture("gguf-llama-f32", pool)->context_size(), 256);
  EXPECT_EQ(testing::load_fixture("gguf-llama-f32", pool, Precision::kFast, kTrainedContext)->context_size(), 256);
  EXPECT_EQ(testing::load_fixture("gguf-llama-f32", pool, Precision::kFast, 1100)->context_size(), 1100);
}

TEST(LoaderTest, LearnedPositionsBoundTheContext) {
  cpu::ThreadPool pool(1);
  EXPECT_EQ(testing::load_fixture("gguf-gpt2", pool, Precision::kFast, 1100)->context_size(), 256);
}

TEST(LoaderTest, UnknownArchitectureIsNamed) {
  formats::Checkpoint checkpoint = open_fixture("gguf-llama-f32");
  checkpoint.metadata.set("general.architecture", {std::string("warp")});
  expect_error(load_error(std::move(checkpoint)), ErrorCode::kUnsupported, "\"warp\"");
}

TEST(LoaderTest, MissingTensorIsNamed) {
  formats::Checkpoint checkpoint = open_fixture("gguf-llama-f32");
  std::erase_if(checkpoint.tensors, [](const auto& tensor) { return tensor.name == "blk.1.ffn_up.weight"; });
  ASSERT_TRUE(checkpoint.index_tensors());
  expect_error(load_error(std::move(checkpoint)), ErrorCode::kCorruptFile, "tensor blk.1.ffn_up.weight is missing");
}

TEST(LoaderTest, WrongShapeSaysExpectedAndFound) {
  formats::Checkpoint checkpoint = open_fixture("gguf-llama-f32");
  for (formats::TensorView& tensor : checkpoint.tensors) {
    if (tensor.name == "blk.0.attn_k.weight") {
      tensor.shape = {64, 32};
    }
  }
  expect_error(load_error(std::move(checkpoint)), ErrorCode::kCorruptFile,
               "tensor blk.0.attn_k.weight: expected shape [32, 64], found [64, 32]");
}

TEST(LoaderTest, TensorOfAnotherArchitectureIsRefused) {
  formats::Checkpoint checkpoint = open_fixture("gguf-qwen3");
  const formats::Checkpoint other = open_fixture("gguf-llama-f32");
  checkpoint.metadata.set("general.architecture", {std::string("llama")});
  for (const auto& [key, value] : other.metadata.entries()) {
    if (key.starts_with("llama.") && !key.ends_with("_length") && !key.ends_with("dimension_count")) {
      checkpoint.metadata.set(key, value);
    }
  }
  for (const std::string key : {"embedding_length", "feed_forward_length", "context_length", "attention.key_length",
                                "attention.value_length"}) {
    checkpoint.metadata.set("llama." + key, *checkpoint.metadata.find("qwen3." + key));
  }
  expect_error(load_error(std::move(checkpoint)), ErrorCode::kUnsupported, "attn_q_norm.weight is not known");
}

TEST(LoaderTest, MissingBiasIsNamed) {
  formats::Checkpoint checkpoint = open_fixture("gguf-qwen2");
  std::erase_if(checkpoint.tensors, [](const auto& tensor) { return tensor.name == "blk.0.attn_k.bias"; });
  ASSERT_TRUE(checkpoint.index_tensors());
  expect_error(load_error(std::move(checkpoint)), ErrorCode::kCorruptFile, "tensor blk.0.attn_k.bias is missing");
}

TEST(LoaderTest, BadDimensionsAreNamed) {
  for (const std::int64_t n_heads : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
    formats::Checkpoint checkpoint = open_fixture("gguf-llama-f32");
    checkpoint.metadata.set("llama.attention.head_count", {n_heads});
    expect_error(load_error(std::move(checkpoint)), ErrorCode::kCorruptFile, "llama.attention.head_count");
  }
  formats::Checkpoint checkpoint = open_fixture("gguf-llama-f32");
  checkpoint.metadata.set("llama.attention.head_count_kv", {std::int64_t{3}});
  expect_error(load_error(std::move(checkpoint)), ErrorCode::kCorruptFile, "3 key/value heads");
}

TEST(LoaderTest, UnknownRopeScalingIsNamed) {
  formats::Checkpoint checkpoint = open_fixture("gguf-llama-rope-yarn");
  checkpoint.metadata.set("llama.rope.scaling.type", {std::string("spiral")});
  expect_error(load_error(std::move(checkpoint)), ErrorCode::kUnsupported, "\"spiral\"");
}

TEST(LoaderTest, LongropeNeedsItsDivisors) {
  formats::Checkpoint checkpoint = open_fixture("gguf-phi3-longrope");
  std::erase_if(checkpoint.tensors, [](const auto& tensor) { return tensor.name == "rope_factors_long.weight"; });
  ASSERT_TRUE(checkpoint.index_tensors());
  expect_error(load_error(std::move(checkpoint)), ErrorCode::kCorruptFile, "rope_factors_long.weight is missing");
}

TEST(LoaderTest, RopeDivisorsMustBePositive) {
  const std::vector<float> divisors = {1.0F, 1.0F, 0.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F};
  formats::Checkpoint checkpoint = open_fixture("gguf-llama3-rope");
  for (formats::TensorView& tensor : checkpoint.tensors) {
    if (tensor.name == "rope_freqs.weight") {
      tensor.bytes = std::as_bytes(std::span(divisors));
    }
  }
  expect_error(load_error(std::move(checkpoint)), ErrorCode::kCorruptFile, "tensor rope_freqs.weight");
}

TEST(LoaderTest, WindowsMakeGroups) {
  cpu::ThreadPool pool(1);
  const auto gemma = testing::load_fixture("gguf-gemma3-gguf", pool);
  ASSERT_EQ(gemma->kv_groups().size(), 2U);
  EXPECT_EQ(gemma->kv_groups()[0].window, 8);
  EXPECT_EQ(gemma->kv_groups()[0].n_layers, 5);
  EXPECT_EQ(gemma->kv_groups()[1].window, 0);
  EXPECT_EQ(gemma->kv_groups()[1].n_layers, 1);
}

}  // namespace
}  // namespace hearth::model
