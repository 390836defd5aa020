#include "model/grouped_source.h"

#include <gtest/gtest.h>

#include "model/quantized_fixture.h"

namespace hearth::model {
namespace {

TEST(EvenGroups, FollowTheConfigurationOrTheirNumber) {
  const formats::TensorView tensor{.name = "t"};
  using Sizes = std::vector<std::int64_t>;
  EXPECT_EQ(even_groups(tensor, 576, 5, 128)->sizes, (Sizes{128, 128, 128, 128, 64}));
  EXPECT_EQ(even_groups(tensor, 576, 1, -1)->sizes, (Sizes{576}));
  EXPECT_EQ(even_groups(tensor, 192, 3, 0)->sizes, (Sizes{64, 64, 64}));
  EXPECT_EQ(even_groups(tensor, 192, 3, 128)->sizes, (Sizes{64, 64, 64}));
  EXPECT_EQ(even_groups(tensor, 192, 3, 64)->groups, (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(even_groups(tensor, 576, 5, 64).error().message,
            "tensor t: expected groups of 64 of 576 columns, found 5 groups");
  EXPECT_EQ(even_groups(tensor, 576, 0, 0).error().message,
            "tensor t: expected groups of equal size of 576 columns, found 0 groups");
  EXPECT_EQ(even_groups(tensor, 64, 4, 16).error().code, ErrorCode::kUnsupported);
}

TEST(IndexedGroups, SortStablyAndSkipEmptyGroups) {
  testing::TestCheckpoint file;
  std::vector<std::int32_t> index;
  for (int k = 0; k < 64; ++k) {
    index.push_back(k % 2 == 0 ? 3 : 1);
  }
  const formats::TensorView& tensor = file.add("t", quant::BlockType::kI32, {64}, index);
  const auto order = indexed_groups(tensor, 64, 4);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->groups, (std::vector<std::int32_t>{1, 3}));
  EXPECT_EQ(order->sizes, (std::vector<std::int64_t>{32, 32}));
  for (std::size_t k = 0; k < 32; ++k) {
    EXPECT_EQ(order->inputs[k], 2 * static_cast<int>(k) + 1);
    EXPECT_EQ(order->inputs[32 + k], 2 * static_cast<int>(k));
  }
  EXPECT_FALSE(indexed_groups(tensor, 64, 3));
}

TEST(UnpackBits, ReadsStreamsOfEveryWidthAndStride) {
  for (const int bits : {2, 3, 4, 5, 6, 8}) {
    for (const std::size_t stride : {std::size_t{1}, std::size_t{5}}) {
      const auto numbers = testing::random_numbers(96, 1U << bits, 9);
      std::vector<std::uint32_t> words(3 * static_cast<std::size_t>(bits) * stride, 0xFFFFFFFFU);
      for (std::size_t w = 0; w < words.size(); w += stride) {
        words[w] = 0;
      }
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        testing::put_number(words.data(), stride, i, bits, numbers[i]);
      }
      std::vector<std::uint8_t> out(96);
      unpack_bits(reinterpret_cast<const std::byte*>(words.data()), static_cast<std::int64_t>(stride), bits, out);
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        ASSERT_EQ(out[i], numbers[i]) << bits << " bits";
        ASSERT_EQ(unpack_one(static_cast<std::int64_t>(i), bits,
                             [&](std::int64_t w) { return words[static_cast<std::size_t>(w) * stride]; }),
                  numbers[i]);
      }
    }
  }
}

TEST(HoldsRows, AllowsPaddingBelow32) {
  EXPECT_TRUE(holds_rows(320, 320));
  EXPECT_TRUE(holds_rows(320, 289));
  EXPECT_FALSE(holds_rows(320, 288));
  EXPECT_FALSE(holds_rows(320, 321));
}

}  // namespace
}  // namespace hearth::model
