#include "quant/q8_0.h"

#include <gtest/gtest.h>

#include "base/float16.h"

namespace hearth::quant {
namespace {

TEST(Q8_0, BytesAreSigned) {
  BlockQ8_0 block{.d = base::f32_to_f16(0.25F), .qs = {-128, 127, 1}};
  float values[32];
  dequantize_row_q8_0(reinterpret_cast<const std::byte*>(&block), values, 32);
  EXPECT_EQ(values[0], -32.0F);
  EXPECT_EQ(values[1], 31.75F);
  EXPECT_EQ(values[2], 0.25F);
  EXPECT_EQ(values[31], 0.0F);
}

TEST(Q8_0, ItsOwnLevelsComeBack) {
  float weights[32];
  for (int j = 0; j < 32; ++j) {
    weights[j] = static_cast<float>(j - 16) * 0.5F;
  }
  weights[0] = -63.5F;
  BlockQ8_0 block;
  quantize_row_q8_0(weights, reinterpret_cast<std::byte*>(&block), 32);
  float values[32];
  dequantize_row_q8_0(reinterpret_cast<const std::byte*>(&block), values, 32);
  for (int j = 0; j < 32; ++j) {
    EXPECT_EQ(values[j], weights[j]) << j;
  }
}

}  // namespace
}  // namespace hearth::quant
