#include "quant/q5_1.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q5_1, TheFifthBitComesFromTheWordAndTheMinimumIsAdded) {
  BlockQ5_1 block{
      .d = base::f32_to_f16(2.0F), .m = base::f32_to_f16(-1.0F), .qh = {0x01, 0x00, 0x02, 0x00}, .qs = {0x21, 0x43}};
  float values[32];
  dequantize_row_q5_1(reinterpret_cast<const std::byte*>(&block), values, 32);
  EXPECT_EQ(values[0], 2.0F * 17.0F - 1.0F);
  EXPECT_EQ(values[1], 2.0F * 3.0F - 1.0F);
  EXPECT_EQ(values[16], 2.0F * 2.0F - 1.0F);
  EXPECT_EQ(values[17], 2.0F * 20.0F - 1.0F);
}

}  // namespace
}  // namespace hearth::quant
