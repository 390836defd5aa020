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
