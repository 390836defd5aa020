#include "model/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hearth::model {
namespace {

TEST(RopeTest, PlainFrequenciesAreAGeometricSeries) {
  const RopeAngles angles = rope_angles({.base = 10000.0, .n_rotated = 8}, {});
  ASSERT_EQ(angles.n_rotated(), 8);
  EXPECT_DOUBLE_EQ(angles.frequencies[0], 1.0);
  EXPECT_NEAR(angles.frequencies[1], 0.1, 1e-15);
  EXPECT_NEAR(angles.frequencies[3], 0.001, 1e-15);
}

TEST(RopeTest, DivisorsAndLinearScalingDivide) {
  const std::vector<float> divisors = {1.0F, 2.0F, 4.0F, 8.0F};
  const RopeAngles angles =
      rope_angles({.base = 10000.0, .n_rotated = 8, .scaling = RopeScaling::kLinear, .factor = 2.0}, divisors);
  EXPECT_NEAR(angles.frequencies[0], 0.5, 1e-15);
  EXPECT_NEAR(angles.frequencies[3], 0.001 / 16.0, 1e-15);
}

TEST(RopeTest, YarnKeepsFastDimensionsAndStretchesSlowOnes) {
  const RopeSpec plain = {.base = 10000.0, .n_rotated = 128};
  RopeSpec yarn = plain;
  yarn.scaling = RopeScaling::kYarn;
  yarn.factor = 4.0;
  yarn.original_context = 4096;
  const RopeAngles before = rope_angles(plain, {});
  const RopeAngles after = rope_angles(yarn, {});
  EXPECT_DOUBLE_EQ(after.frequencies.front(), before.frequencies.front());
  EXPECT_DOUBLE_EQ(after.frequencies.back(), before.frequencies.back() / 4.0);
  for (std::size_t i = 0; i < before.frequencies.size(); ++i) {
    const double ratio = before.frequencies[i] / after.frequencies[i];
    EXPECT_GE(ratio, 1.0 - 1e-12);
    EXPECT_LE(ratio, 4.0 + 1e-12);
  }
}

TEST(RopeTest, Llama3StretchesLongWavelengths) {
  const RopeSpec plain = {.base = 500000.0, .n_rotated = 128};
  RopeSpec scaled = plain;
  scaled.scaling = RopeScaling::kLlama3;
  scaled.factor = 8.0;
  scaled.original_context = 8192;
  const RopeAngles before = rope_angles(plain, {});
  const RopeAngles after = rope_angles(scaled, {});
  EXPECT_DOUBLE_EQ(after.frequencies.front(), before.frequencies.front());
  EXPECT_DOUBLE_EQ(after.frequencies.back(), before.frequencies.back() / 8.0);
  // Between the bounds of one and four turns over the original context.
  RopeSpec one = scaled;
  one.n_rotated = 2;
  one.original_context = 12;  // 12 / (2 pi) turns
  const double kept = (12.0 / (2.0 * std::acos(-1.0)) - 1.0) / 3.0;
  EXPECT_NEAR(rope_angles(one, {}).frequencies[0], (1.0 - kept) / 8.0 + kept, 1e-12);
}

TEST(RopeTest, DynamicBaseGrowsBeyondTheOriginalContext) {
  const RopeSpec spec = {.n_rotated = 16, .scaling = RopeScaling::kDynamic, .factor = 2.0, .original_context = 8};
  const Rope rope(spec, {}, 64);
  EXPECT_TRUE(rope.follows_length());
  EXPECT_EQ(rope.angles_at(8).frequencies, rope.angles_at(1).frequencies);
  const double base = 10000.0 * std::pow(2.0 * 12.0 / 8.0 - 1.0, 16.0 / 14.0);
  EXPECT_NEAR(rope.angles_at(12).frequencies[3], std::pow(base, -6.0 / 16.0), 1e-12);
}

TEST(RopeTest, LongropeChoosesByContextOrByLength) {
  RopeSpec spec = {.n_rotated = 2, .scaling = RopeScaling::kLongrope, .original_context = 8};
  const RopeDivisors divisors{.long_set = {4.0F}, .short_set = {2.0F}};
  EXPECT_EQ(Rope(spec, divisors, 8).angles().frequencies[0], 0.5);
  const Rope by_context(spec, divisors, 9);
  EXPECT_FALSE(by_context.follows_length());
  EXPECT_EQ(by_context.angles().frequencies[0], 0.25);
  spec.chosen_by_length = true;
  const Rope by_length(spec, divisors, 9);
  EXPECT_TRUE(by_length.follows_length());
  EXPECT_EQ(by_length.angles_at(8).frequencies[0], 0.5);
  EXPECT_EQ(by_length.angles_at(9).frequencies[0], 0.25);
  EXPECT_FALSE(Rope(spec, divisors, 8).follows_length());
}

TEST(RopeTest, AngleCarriesPositionAndAttentionFactor) {
  const RopeAngles angles = rope_angles({.base = 10000.0, .n_rotated = 4, .attention_factor = 1.5}, {});
  float cos = 0.0F;
  float sin = 0.0F;
  rope_angle(angles, 1, 100, &cos, &sin);
  EXPECT_FLOAT_EQ(cos, static_cast<float>(1.5 * std::cos(1.0)));
  EXPECT_FLOAT_EQ(sin, static_cast<float>(1.5 * std::sin(1.0)));
}

}  // namespace
}  // namespace hearth::model
