// Hand-made blocks of the ggml files of spring 2023: no program of today writes them.
#include "quant/legacy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/float16.h"
#include "quant/block_type.h"
#include "quant/q5_0.h"
#include "quant/q5_1.h"

namespace hearth::quant {
namespace {

template <typename Block>
std::vector<float> decode(BlockType type, const Block& block) {
  EXPECT_EQ(info(type).block_bytes, static_cast<int>(sizeof(Block)));
  std::vector<float> values(static_cast<std::size_t>(info(type).block_size));
  info(type).dequantize_row(reinterpret_cast<const std::byte*>(&block), values.data(), info(type).block_size);
  return values;
}

// Byte j is (15 - j) << 4 | j for the low and high nibbles; of n weights the paired order gives 0 15 1 14 …, the split
// order 0 1 2 … 15 14 ….
template <std::size_t kBytes>
void put_nibbles(std::uint8_t (&qs)[kBytes]) {
  for (std::size_t j = 0; j < kBytes; ++j) {
    qs[j] = static_cast<std::uint8_t>(j | ((15 - j) << 4));
  }
}

std::vector<float> expected(std::size_t n, bool paired, float scale, float offset) {
  std::vector<float> values(n);
  for (std::size_t e = 0; e < n; ++e) {
    const std::size_t j = paired ? e / 2 : e % (n / 2);
    const bool high = paired ? e % 2 == 1 : e >= n / 2;
    values[e] = scale * static_cast<float>(high ? 15 - j : j) + offset;
  }
  return values;
}

TEST(Legacy, FourBitsWithFloatScales) {
  BlockScale4 block{.d = 0.5F, .qs = {}};
  put_nibbles(block.qs);
  EXPECT_EQ(decode(BlockType::kQ4_0Gen1, block), expected(32, true, 0.5F, -4.0F));
  EXPECT_EQ(decode(BlockType::kQ4_0Gen2, block), expected(32, false, 0.5F, -4.0F));
  BlockScaleMin4 with_min{.d = 0.25F, .m = -1.5F, .qs = {}};
  put_nibbles(with_min.qs);
  EXPECT_EQ(decode(BlockType::kQ4_1Gen1, with_min), expected(32, true, 0.25F, -1.5F));
  EXPECT_EQ(decode(BlockType::kQ4_1Gen2, with_min), expected(32, false, 0.25F, -1.5F));
}

TEST(Legacy, FourBitsInBlocksOfSixteen) {
  BlockQ4_2 block{.d = base::f32_to_f16(2.0F), .qs = {}};
  put_nibbles(block.qs);
  EXPECT_EQ(decode(BlockType::kQ4_2, block), expected(16, true, 2.0F, -16.0F));
  BlockQ4_3 with_min{.d = base::f32_to_f16(2.0F), .m = base::f32_to_f16(0.75F), .qs = {}};
  put_nibbles(with_min.qs);
  EXPECT_EQ(decode(BlockType::kQ4_3, with_min), expected(16, true, 2.0F, 0.75F));
}

TEST(Legacy, FifthBitsStayInTheOrderOfTheWeights) {
  BlockQ5_0 block{.d = base::f32_to_f16(1.0F), .qh = {}, .qs = {}};
  put_nibbles(block.qs);
  block.qh[0] = 0x02;  // weight 1: high nibble of the first byte
  block.qh[3] = 0x80;  // weight 31
  auto values = expected(32, true, 1.0F, -16.0F);
  values[1] += 16.0F;
  values[31] += 16.0F;
  EXPECT_EQ(decode(BlockType::kQ5_0Gen1, block), values);

  BlockQ5_1 with_min{.d = base::f32_to_f16(1.0F), .m = base::f32_to_f16(3.0F), .qh = {}, .qs = {}};
  put_nibbles(with_min.qs);
  std::copy(block.qh, block.qh + 4, with_min.qh);
  for (float& value : values) {
    value += 19.0F;
  }
  EXPECT_EQ(decode(BlockType::kQ5_1Gen1, with_min), values);
}

TEST(Legacy, EightBitsWithAFloatScale) {
  BlockScale8 block{.d = 0.1F, .qs = {}};
  block.qs[0] = -127;
  block.qs[31] = 3;
  const auto values = decode(BlockType::kQ8_0Gen1, block);
  EXPECT_EQ(values[0], 0.1F * -127.0F);
  EXPECT_EQ(values[1], 0.0F);
  EXPECT_EQ(values[31], 0.1F * 3.0F);
}

TEST(Legacy, OneWeightIsStoredAsItIs) {
  BlockQ4_1O block{.d = base::f32_to_f16(0.5F),
                   .m = base::f32_to_f16(1.0F),
                   .outlier_index = 17,
                   .outlier = base::f32_to_f16(-40.0F),
                   .qs = {}};
  put_nibbles(block.qs);
  auto values = expected(32, true, 0.5F, 1.0F);
  values[17] = -40.0F;
  EXPECT_EQ(decode(BlockType::kQ4_1O, block), values);
  block.outlier_index = 32;
  EXPECT_EQ(decode(BlockType::kQ4_1O, block), expected(32, true, 0.5F, 1.0F));
}

}  // namespace
}  // namespace hearth::quant
