#include "quant/q2_k.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q2_K, EachGroupHasItsScaleAndMinimum) {
  BlockQ2_K block{};
  block.d = base::f32_to_f16(1.0F);
  block.dmin = base::f32_to_f16(0.5F);
  block.scales[0] = 0x21;
  block.scales[11] = 0x0F;
  block.qs[0] = 0x03;
  block.qs[48] = 0x08;  // weight 128 + 32 + 16, in bits 2 and 3
  float values[256];
  dequantize_row_q2_k(reinterpret_cast<const std::byte*>(&block), values, 256);
  EXPECT_EQ(values[0], 2.0F);
  EXPECT_EQ(values[1], -1.0F);
  EXPECT_EQ(values[176], 30.0F);
  EXPECT_EQ(values[16], 0.0F);
}

}  // namespace
}  // namespace hearth::quant
