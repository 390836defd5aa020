#include "model/arch_spec.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hearth::model {
namespace {

TEST(ArchSpecTest, AlibiSlopesOfAPowerOfTwo) {
  ArchSpec spec;
  spec.n_heads = 4;
  EXPECT_TRUE(alibi_slopes(spec).empty());
  spec.alibi_max_bias = 8.0F;
  EXPECT_EQ(alibi_slopes(spec), (std::vector<float>{0.25F, 0.0625F, 0.015625F, 0.00390625F}));
  spec.alibi_scale = 0.5F;
  EXPECT_EQ(alibi_slopes(spec)[0], 0.125F);
}

// The rule of the paper's reference code: the slopes of 8 heads, then every other one of 16.
TEST(ArchSpecTest, AlibiSlopesOfTwelveHeads) {
  ArchSpec spec;
  spec.n_heads = 12;
  spec.alibi_max_bias = 8.0F;
  const std::vector<float> slopes = alibi_slopes(spec);
  ASSERT_EQ(slopes.size(), 12U);
  EXPECT_FLOAT_EQ(slopes[7], std::exp2(-8.0F));
  EXPECT_FLOAT_EQ(slopes[8], std::exp2(-0.5F));
  EXPECT_FLOAT_EQ(slopes[11], std::exp2(-3.5F));
}

TEST(ArchSpecTest, WindowsLeaveEveryPatternthLayerGlobal) {
  ArchSpec spec;
  spec.layers.resize(4);
  set_windows(spec, 16, 2);
  EXPECT_EQ(spec.layers[0].window, 16);
  EXPECT_EQ(spec.layers[1].window, 0);
  EXPECT_EQ(spec.layers[3].window, 0);
}

TEST(ArchSpecTest, DenseLayersAmongExperts) {
  ArchSpec spec;
  spec.ffn_dim = 32;
  spec.experts.n_experts = 4;
  spec.layers.resize(2);
  spec.layers[1].dense_ffn_dim = 128;
  EXPECT_TRUE(spec.is_mixture(0));
  EXPECT_FALSE(spec.is_mixture(1));
  EXPECT_EQ(spec.dense_ffn_dim(1), 128);
}

TEST(ArchSpecTest, WithoutRopeNoLayerNamesAClass) {
  ArchSpec spec;
  spec.layers.resize(2);
  spec.ropes.resize(1);
  remove_rope(spec);
  EXPECT_TRUE(spec.ropes.empty());
  EXPECT_EQ(spec.layers[1].rope_class, kNoRope);
}

}  // namespace
}  // namespace hearth::model
