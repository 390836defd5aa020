#include "quant/q6_k.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q6_K, HighBitsAndSignedScalesArePutTogether) {
  BlockQ6_K block{};
  block.d = base::f32_to_f16(1.0F);
  block.scales[0] = -2;
  block.scales[14] = 1;
  block.ql[0] = 0x05;
  block.qh[0] = 0x03;
  block.ql[96] = 0x70;  // weight 128 + 96: high nibble of byte 64 + 32
  block.qh[32] = 0x40;  // its high bits
  float values[256];
  dequantize_row_q6_k(reinterpret_cast<const std::byte*>(&block), values, 256);
  EXPECT_EQ(values[0], -2.0F * (5.0F + 48.0F - 32.0F));
  EXPECT_EQ(values[1], -2.0F * -32.0F);
  EXPECT_EQ(values[224], 7.0F + 16.0F - 32.0F);
}

TEST(Q6_K, TheLargestWeightOfAGroupIsClose) {
  float weights[256];
  for (int e = 0; e < 256; ++e) {
    weights[e] = static_cast<float>(e % 64 - 32) / 8.0F;
  }
  BlockQ6_K block;
  quantize_row_q6_k(weights, reinterpret_cast<std::byte*>(&block), 256);
  float values[256];
  dequantize_row_q6_k(reinterpret_cast<const std::byte*>(&block), values, 256);
  for (int e = 0; e < 256; ++e) {
    EXPECT_NEAR(values[e], weights[e], 0.08F) << e;
  }
}

}  // namespace
}  // namespace hearth::quant
