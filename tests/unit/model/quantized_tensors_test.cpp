#include "model/quantized_tensors.h"

#include <gtest/gtest.h>

#include "model/quantized_fixture.h"

namespace hearth::model {
namespace {

using quant::BlockType;

TEST(QuantizedTensors, OrdinaryWeightsHaveNoSource) {
  testing::TestCheckpoint file;
  file.add("l.weight", BlockType::kF16, {1, 1}, std::vector<std::uint16_t>{0});
  file.set("quant_method", {std::string("gptq")});
  const auto source = file.find(1, 1);
  ASSERT_TRUE(source);
  EXPECT_EQ(*source, nullptr);
}

TEST(QuantizedTensors, OtherConventionsHaveNoSources) {
  testing::TestCheckpoint file;
  file.add("l.qweight", BlockType::kI32, {1, 1}, std::vector<std::int32_t>{0});
  file.checkpoint().convention = formats::Convention::kGguf;
  const auto source = file.find(1, 1);
  ASSERT_TRUE(source);
  EXPECT_EQ(*source, nullptr);
}

TEST(QuantizedTensors, RefusesMethodsItDoesNotKnow) {
  testing::TestCheckpoint file;
  file.add("l.weight", BlockType::kU8, {1, 1}, std::vector<std::uint8_t>{0});
  file.set("quant_method", {std::string("bitsandbytes")});
  EXPECT_THAT(testing::error_of(file.find(1, 1)), ::testing::HasSubstr("bitsandbytes"));
}

TEST(IsQuantizerExtra, KnowsScalesOfActivations) {
  EXPECT_TRUE(is_quantizer_extra("model.layers.0.mlp.down_proj.input_scale"));
  EXPECT_TRUE(is_quantizer_extra("model.layers.0.self_attn.k_scale"));
  EXPECT_FALSE(is_quantizer_extra("model.layers.0.mlp.down_proj.weight_scale"));
  EXPECT_FALSE(is_quantizer_extra("lm_head.q_scale"));
}

}  // namespace
}  // namespace hearth::model
