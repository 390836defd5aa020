#include "quant/q4_k.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q4_K, EachGroupHasItsScaleAndMinimum) {
  BlockQ4_K block{};
  block.d = base::f32_to_f16(1.0F);
  block.dmin = base::f32_to_f16(0.5F);
  block.scales[1] = 0x03;  // group 1: scale 3
  block.scales[5] = 0xC4;  // group 1: minimum 4, and the high bits of group 5's minimum
  block.scales[9] = 0x21;  // group 5: scale 1, minimum 2
  block.qs[0] = 0xA0;
  block.qs[64] = 0x50;
  float values[256];
  dequantize_row_q4_k(reinterpret_cast<const std::byte*>(&block), values, 256);
  EXPECT_EQ(values[32], 3.0F * 10.0F - 2.0F);
  EXPECT_EQ(values[33], -2.0F);
  EXPECT_EQ(values[160], 5.0F - 0.5F * 50.0F);
  EXPECT_EQ(values[0], 0.0F);
}

TEST(Q4_K, AllPositiveWeightsKeepTheirRange) {
  float weights[256];
  for (int e = 0; e < 256; ++e) {
    weights[e] = static_cast<float>(e % 16);
  }
  BlockQ4_K block;
  quantize_row_q4_k(weights, reinterpret_cast<std::byte*>(&block), 256);
  float values[256];
  dequantize_row_q4_k(reinterpret_cast<const std::byte*>(&block), values, 256);
  for (int e = 0; e < 256; ++e) {
    EXPECT_NEAR(values[e], weights[e], 0.01F) << e;
  }
}

}  // namespace
}  // namespace hearth::quant
