#include "model/families/ggml_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace hearth::model {
namespace {

using testing::HasSubstr;

formats::Checkpoint checkpoint_of(std::initializer_list<std::pair<const char*, std::int64_t>> fields) {
  formats::Checkpoint checkpoint;
  checkpoint.convention = formats::Convention::kGgml;
  for (const auto& [name, value] : fields) {
    checkpoint.metadata.set(std::string("ggml.") + name, {value});
  }
  return checkpoint;
}

TEST(GgmlKeys, ReadsTheDimensions) {
  const auto checkpoint = checkpoint_of({{"n_layer", 2}, {"n_embd", 64}, {"n_head", 4}, {"n_rot", 8}});
  const auto spec = GgmlKeys(checkpoint).read_common({});
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->n_layers, 2);
  EXPECT_EQ(spec->layers.size(), 2U);
  EXPECT_EQ(spec->hidden_dim, 64);
  EXPECT_EQ(spec->n_kv_heads, 4);
  EXPECT_EQ(spec->head_dim, 16);
  EXPECT_FLOAT_EQ(spec->attention_scale, 0.25F);
  ASSERT_EQ(spec->ropes.size(), 1U);
  EXPECT_EQ(spec->ropes[0].n_rotated, 8);
}

TEST(GgmlKeys, ReadsOtherNames) {
  const auto checkpoint = checkpoint_of({{"n_layers", 3}, {"d_model", 32}, {"n_heads", 2}});
  const auto spec = GgmlKeys(checkpoint).read_common({.n_layer = "n_layers", .n_embd = "d_model", .n_head = "n_heads"});
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->n_layers, 3);
  EXPECT_EQ(spec->head_dim, 16);
  EXPECT_EQ(spec->ropes[0].n_rotated, 16);
}

TEST(GgmlKeys, NamesTheFieldThatIsWrong) {
  struct Case {
    formats::Checkpoint checkpoint;
    const char* message;
  };
  Case cases[] = {
      {checkpoint_of({{"n_embd", 64}, {"n_head", 4}}), "ggml.n_layer"},
      {checkpoint_of({{"n_layer", 0}, {"n_embd", 64}, {"n_head", 4}}), "n_layer: expected 1 to 4096, found 0"},
      {checkpoint_of({{"n_layer", 1}, {"n_embd", 64}, {"n_head", 0}}), "n_head: expected 1 to 4096, found 0"},
      {checkpoint_of({{"n_layer", 1}, {"n_embd", 64}, {"n_head", 5}}), "n_head: expected a divisor of n_embd (64)"},
      {checkpoint_of({{"n_layer", 1}, {"n_embd", 4096}, {"n_head", 1}}), "heads of at most 1024, found 1"},
      {checkpoint_of({{"n_layer", 1}, {"n_embd", 64}, {"n_head", 4}, {"n_rot", 7}}), "n_rot: expected an even number"},
      {checkpoint_of({{"n_layer", 1}, {"n_embd", 64}, {"n_head", 4}, {"n_rot", 32}}), "n_rot: expected 1 to 16"}};
  for (const Case& wrong : cases) {
    const auto spec = GgmlKeys(wrong.checkpoint).read_common({});
    ASSERT_FALSE(spec) << wrong.message;
    EXPECT_EQ(spec.error().code, ErrorCode::kCorruptFile);
    EXPECT_THAT(spec.error().message, HasSubstr(wrong.message));
  }
}

TEST(GgmlKeys, ReadsNumbers) {
  formats::Checkpoint checkpoint;
  checkpoint.metadata.set("ggml.alibi_bias_max", {8.0});
  checkpoint.metadata.set("ggml.clip_qkv", {std::numeric_limits<double>::infinity()});
  checkpoint.metadata.set("ggml.ftype", {std::string("x")});
  const GgmlKeys keys(checkpoint);
  EXPECT_EQ(keys.number("alibi_bias_max", 1.0).value(), 8.0);
  EXPECT_EQ(keys.number("absent", 1.0).value(), 1.0);
  EXPECT_THAT(keys.number("clip_qkv", 1.0).error().message, HasSubstr("clip_qkv: expected zero or more, found inf"));
  EXPECT_FALSE(keys.number("ftype", 1.0));
}

TEST(GgmlKeys, ReadsSizesOffTensors) {
  formats::Checkpoint checkpoint;
  checkpoint.tensors.push_back({.name = "matrix", .shape = {8, 4}});
  checkpoint.tensors.push_back({.name = "vector", .shape = {8}});
  ASSERT_TRUE(checkpoint.index_tensors());
  const GgmlKeys keys(checkpoint);
  EXPECT_EQ(keys.rows_of("matrix", 100).value(), 8);
  EXPECT_THAT(keys.rows_of("matrix", 7).error().message, HasSubstr("expected a matrix of 1 to 7 rows, found 8"));
  EXPECT_FALSE(keys.rows_of("vector", 100));
  EXPECT_THAT(keys.rows_of("absent", 100).error().message, HasSubstr("tensor absent is missing"));
}

}  // namespace
}  // namespace hearth::model
