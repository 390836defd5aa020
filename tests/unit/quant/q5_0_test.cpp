#include "quant/q5_0.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q5_0, TheFifthBitComesFromTheWord) {
  BlockQ5_0 block{.d = base::f32_to_f16(1.0F), .qh = {0x02, 0x00, 0x01, 0x80}, .qs = {0x21, 0x43}};
  float values[32];
  dequantize_row_q5_0(reinterpret_cast<const std::byte*>(&block), values, 32);
  EXPECT_EQ(values[0], 1.0F - 16.0F);
  EXPECT_EQ(values[1], 3.0F + 16.0F - 16.0F);
  EXPECT_EQ(values[16], 2.0F + 16.0F - 16.0F);
  EXPECT_EQ(values[17], 4.0F - 16.0F);
  EXPECT_EQ(values[31], 0.0F);
}

}  // namespace
}  // namespace hearth::quant
