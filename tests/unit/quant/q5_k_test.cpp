#include "quant/q5_k.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q5_K, TheFifthBitOfGroupGIsBitG) {
  BlockQ5_K block{};
  block.d = base::f32_to_f16(1.0F);
  block.dmin = base::f32_to_f16(1.0F);
  block.scales[0] = 0x01;
  block.scales[1] = 0x01;
  block.scales[5] = 0x02;
  block.qh[0] = 0x02;
  block.qs[0] = 0x3F;
  float values[256];
  dequantize_row_q5_k(reinterpret_cast<const std::byte*>(&block), values, 256);
  EXPECT_EQ(values[0], 15.0F);
  EXPECT_EQ(values[32], 19.0F - 2.0F);
  EXPECT_EQ(values[33], -2.0F);
}

}  // namespace
}  // namespace hearth::quant
