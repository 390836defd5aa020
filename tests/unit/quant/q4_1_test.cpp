#include "quant/q4_1.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q4_1, AddsTheMinimum) {
  BlockQ4_1 block{.d = base::f32_to_f16(0.5F), .m = base::f32_to_f16(-2.0F), .qs = {0xF0}};
  float values[32];
  dequantize_row_q4_1(reinterpret_cast<const std::byte*>(&block), values, 32);
  EXPECT_EQ(values[0], -2.0F);
  EXPECT_EQ(values[16], 5.5F);
}

TEST(Q4_1, BothEndsOfTheRangeAreExact) {
  float weights[32];
  for (int j = 0; j < 32; ++j) {
    weights[j] = static_cast<float>(j % 16) - 4.0F;
  }
  BlockQ4_1 block;
  quantize_row_q4_1(weights, reinterpret_cast<std::byte*>(&block), 32);
  float values[32];
  dequantize_row_q4_1(reinterpret_cast<const std::byte*>(&block), values, 32);
  for (int j = 0; j < 32; ++j) {
    EXPECT_EQ(values[j], weights[j]) << j;
  }
}

}  // namespace
}  // namespace hearth::quant
