#include "model/tensor_finder.h"

#include <gtest/gtest.h>

#include <string>

namespace hearth::model {
namespace {

constexpr std::string_view kPrefixes[] = {"model.", "language_model.model.", "language_model.", ""};
constexpr std::string_view kIgnored[] = {".attn.masked_bias"};
constexpr TensorTable kTable = {.prefixes = kPrefixes,
                                .ignored = kIgnored,
                                .embedding = {"embed_tokens"},
                                .output = {"lm_head"},
                                .attention_norm = {.name = "h{layer}/ln", .weight = "/g", .bias = "/b"},
                                .expert_gate = {"layers.{layer}.experts.{expert}.w1"}};

formats::Checkpoint checkpoint_of(const std::vector<std::string>& names) {
  formats::Checkpoint checkpoint;
  for (const std::string& name : names) {
    checkpoint.tensors.push_back({.name = name, .shape = {4}});
  }
  EXPECT_TRUE(checkpoint.index_tensors());
  return checkpoint;
}

std::string name_of(const formats::TensorView* tensor) {
  return tensor == nullptr ? "" : tensor->name;
}

TEST(TensorFinderTest, TheFirstPrefixOfTheEmbeddingIsTheFiles) {
  const auto checkpoint = checkpoint_of({"language_model.model.embed_tokens.weight", "language_model.lm_head.weight",
                                         "language_model.model.layers.1.experts.12.w1.weight"});
  TensorFinder finder(checkpoint, kTable);
  EXPECT_EQ(name_of(finder.find(kTable.embedding, ".weight", {})), "language_model.model.embed_tokens.weight");
  EXPECT_EQ(name_of(finder.find(kTable.output, ".weight", {})), "language_model.lm_head.weight");
  EXPECT_EQ(name_of(finder.find(kTable.expert_gate, ".weight", {1, 12})),
            "language_model.model.layers.1.experts.12.w1.weight");
  EXPECT_EQ(finder.name(kTable.expert_gate, ".bias", {0, 3}), "language_model.model.layers.0.experts.3.w1.bias");
  EXPECT_TRUE(finder.check_all_used());
}

TEST(TensorFinderTest, NamesWithoutAnyPrefix) {
  const auto checkpoint = checkpoint_of({"embed_tokens.weight", "h0/ln/g", "h0/ln/b"});
  TensorFinder finder(checkpoint, kTable);
  const TensorSource& norm = kTable.attention_norm;
  EXPECT_EQ(name_of(finder.find(norm, norm.weight, {.layer = 0})), "h0/ln/g");
  EXPECT_EQ(name_of(finder.find(norm, norm.bias, {.layer = 0})), "h0/ln/b");
  const auto missing = finder.require(norm, norm.weight, {.layer = 1});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kCorruptFile);
  EXPECT_EQ(missing.error().message, "tensor h1/ln/g is missing");
}

TEST(TensorFinderTest, UnreadTensorsAreRefusedButForIgnoredOnes) {
  const auto ignored = checkpoint_of({"model.embed_tokens.weight", "model.h.0.attn.masked_bias"});
  TensorFinder finder(ignored, kTable);
  ASSERT_NE(finder.find(kTable.embedding, ".weight", {}), nullptr);
  EXPECT_TRUE(finder.check_all_used());
  const auto checkpoint = checkpoint_of({"model.embed_tokens.weight", "model.extra.weight"});
  TensorFinder other(checkpoint, kTable);
  ASSERT_NE(other.find(kTable.embedding, ".weight", {}), nullptr);
  const Status status = other.check_all_used();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(status.error().message.find("model.extra.weight"), std::string::npos);
}

TEST(TensorFinderTest, ARowWithoutANameHasNoTensor) {
  const auto checkpoint = checkpoint_of({"model.embed_tokens.weight", "model.weight"});
  TensorFinder finder(checkpoint, kTable);
  EXPECT_EQ(finder.find(TensorSource{}, ".weight", {}), nullptr);
}

TEST(TensorFinderTest, ShapesSayExpectedAndFound) {
  const formats::TensorView tensor{.name = "t", .shape = {2, 3}};
  EXPECT_TRUE(check_shape(tensor, {2, 3}));
  const Status status = check_shape(tensor, {3, 2});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "tensor t: expected shape [3, 2], found [2, 3]");
}

}  // namespace
}  // namespace hearth::model
