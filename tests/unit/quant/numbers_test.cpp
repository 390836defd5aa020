// The plain numbers of containers, through the list of block types.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "quant/block_type.h"

namespace hearth::quant {
namespace {

template <typename Number>
std::vector<float> decode(BlockType type, const std::vector<Number>& numbers) {
  EXPECT_EQ(info(type).block_bytes, static_cast<int>(sizeof(Number)));
  std::vector<float> values(numbers.size());
  info(type).dequantize_row(reinterpret_cast<const std::byte*>(numbers.data()), values.data(),
                            static_cast<std::int64_t>(numbers.size()));
  return values;
}

TEST(Numbers, IntegersAndDoublesAreTheirNearestFloats) {
  using Floats = std::vector<float>;
  EXPECT_EQ(decode<std::int8_t>(BlockType::kI8, {-128, 0, 127}), (Floats{-128, 0, 127}));
  EXPECT_EQ(decode<std::uint8_t>(BlockType::kU8, {0, 200, 255}), (Floats{0, 200, 255}));
  EXPECT_EQ(decode<std::int16_t>(BlockType::kI16, {-32768, 258}), (Floats{-32768, 258}));
  EXPECT_EQ(decode<std::int32_t>(BlockType::kI32, {16777217, -5}), (Floats{16777216, -5}));
  EXPECT_EQ(decode<std::int64_t>(BlockType::kI64, {std::int64_t{1} << 40, -7}), (Floats{0x1p40F, -7}));
  EXPECT_EQ(decode<double>(BlockType::kF64, {0.1, -1e300}), (Floats{0.1F, -std::numeric_limits<float>::infinity()}));
}

std::vector<float> all_codes(BlockType type) {
  std::vector<std::uint8_t> codes(256);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    codes[i] = static_cast<std::uint8_t>(i);
  }
  return decode(type, codes);
}

TEST(Numbers, E4M3HasEightMantissasPerPowerOfTwo) {
  const auto values = all_codes(BlockType::kF8E4M3);
  EXPECT_EQ(values[0x01], 0x1p-9F);  // the smallest subnormal
  EXPECT_EQ(values[0x07], 7.0F / 512.0F);
  EXPECT_EQ(values[0x08], 0x1p-6F);  // the smallest normal number
  EXPECT_EQ(values[0x38], 1.0F);
  EXPECT_EQ(values[0x3C], 1.5F);
  EXPECT_EQ(values[0x7E], 448.0F);  // the largest number
  EXPECT_TRUE(std::isnan(values[0x7F]));
  EXPECT_TRUE(std::isnan(values[0xFF]));
  for (std::size_t i = 0; i < 127; ++i) {
    EXPECT_EQ(values[i + 128], -values[i]) << i;
    EXPECT_TRUE(i == 0 || values[i] > values[i - 1]) << i;
  }
  EXPECT_TRUE(std::signbit(values[0x80]));
}

TEST(Numbers, E5M2IsTheTopOfABinary16) {
  const auto values = all_codes(BlockType::kF8E5M2);
  EXPECT_EQ(values[0x01], 0x1p-16F);
  EXPECT_EQ(values[0x3C], 1.0F);
  EXPECT_EQ(values[0x3E], 1.5F);
  EXPECT_EQ(values[0x7B], 57344.0F);
  EXPECT_TRUE(std::isinf(values[0x7C]));
  EXPECT_TRUE(std::isnan(values[0x7D]));
  EXPECT_EQ(values[0xBC], -1.0F);
}

}  // namespace
}  // namespace hearth::quant
