#include "quant/q3_k.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q3_K, AClearedMaskBitSubtractsFour) {
  BlockQ3_K block{};
  block.d = base::f32_to_f16(1.0F);
  block.scales[0] = 0x51;  // groups 0 and 8: low bits 1 and 5
  block.scales[8] = 0x32;  // groups 0, 4, 8 and 12: high bits 2, 0, 3 and 0
  block.hmask[0] = 0x01;
  block.qs[0] = 0x03;
  float values[256];
  dequantize_row_q3_k(reinterpret_cast<const std::byte*>(&block), values, 256);
  EXPECT_EQ(values[0], static_cast<float>(1 + 32 - 32) * 3.0F);
  EXPECT_EQ(values[1], static_cast<float>(1 + 32 - 32) * -4.0F);
  EXPECT_EQ(values[128], static_cast<float>(5 + 48 - 32) * -4.0F);
  EXPECT_EQ(values[64], -32.0F * -4.0F);
}

}  // namespace
}  // namespace hearth::quant
