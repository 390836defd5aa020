#include "quant/q4_0.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q4_0, LowNibblesComeFirst) {
  BlockQ4_0 block{.d = base::f32_to_f16(0.5F), .qs = {0xF0, 0x98}};
  float values[32];
  dequantize_row_q4_0(reinterpret_cast<const std::byte*>(&block), values, 32);
  EXPECT_EQ(values[0], -4.0F);
  EXPECT_EQ(values[16], 3.5F);
  EXPECT_EQ(values[1], 0.0F);
  EXPECT_EQ(values[17], 0.5F);
  EXPECT_EQ(values[31], -4.0F);
}

TEST(Q4_0, TheLargestWeightIsExact) {
  float weights[32] = {};
  weights[5] = 8.0F;
  weights[6] = -3.0F;
  BlockQ4_0 block;
  quantize_row_q4_0(weights, reinterpret_cast<std::byte*>(&block), 32);
  float values[32];
  dequantize_row_q4_0(reinterpret_cast<const std::byte*>(&block), values, 32);
  EXPECT_EQ(values[5], 8.0F);
  EXPECT_EQ(values[6], -3.0F);
  EXPECT_EQ(values[0], 0.0F);
}

}  // namespace
}  // namespace hearth::quant
