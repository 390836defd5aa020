#include "quant/floats.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

namespace hearth::quant {
namespace {

TEST(Floats, F32IsCopiedBitForBit) {
  const std::array<std::uint32_t, 3> bits{0x00000001U, 0x7FC01234U, 0xBF800000U};
  std::array<float, 3> values{};
  dequantize_row_f32(reinterpret_cast<const std::byte*>(bits.data()), values.data(), 3);
  EXPECT_EQ(std::memcmp(bits.data(), values.data(), sizeof(bits)), 0);
}

TEST(Floats, F16KeepsSubnormalsAndInfinity) {
  const std::array<std::uint16_t, 4> bits{0x3C00, 0x0001, 0xFC00, 0x8000};
  std::array<float, 4> values{};
  dequantize_row_f16(reinterpret_cast<const std::byte*>(bits.data()), values.data(), 4);
  EXPECT_EQ(values[0], 1.0F);
  EXPECT_EQ(values[1], 0x1p-24F);
  EXPECT_EQ(values[2], -INFINITY);
  EXPECT_TRUE(values[3] == 0.0F && std::signbit(values[3]));
}

TEST(Floats, Bf16IsTheUpperHalfOfAFloat) {
  const std::array<std::uint16_t, 2> bits{0x3F80, 0xC049};
  std::array<float, 2> values{};
  dequantize_row_bf16(reinterpret_cast<const std::byte*>(bits.data()), values.data(), 2);
  EXPECT_EQ(values[0], 1.0F);
  EXPECT_EQ(values[1], -3.140625F);
}

}  // namespace
}  // namespace hearth::quant
