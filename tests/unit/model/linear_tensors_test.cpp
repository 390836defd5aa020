#include "model/linear_tensors.h"

#include <gtest/gtest.h>

#include "model/quantized_fixture.h"

namespace hearth::model {
namespace {

using quant::BlockType;

TEST(LinearTensors, RemembersWhatItFoundOnce) {
  testing::TestCheckpoint file;
  file.add("l.scales", BlockType::kF16, {1}, std::vector<std::uint16_t>{0x3C00});
  file.add("other.scales", BlockType::kF16, {1}, std::vector<std::uint16_t>{0x3C00});
  ASSERT_TRUE(file.checkpoint().index_tensors());
  LinearTensors tensors(file.checkpoint(), {"l", 1, 1});
  EXPECT_EQ(tensors.find("qzeros"), nullptr);
  const auto scales = tensors.require("scales", {BlockType::kF32, BlockType::kF16});
  ASSERT_TRUE(scales);
  EXPECT_EQ(tensors.find("scales"), *scales);
  EXPECT_EQ(tensors.found(), (std::vector<const formats::TensorView*>{*scales}));
  EXPECT_EQ(tensors.require("qweight", {BlockType::kI32}).error().message, "tensor l.qweight is missing");
  EXPECT_EQ(tensors.require("scales", {BlockType::kI32}).error().message, "tensor l.scales: expected I32, found F16");
  EXPECT_EQ(tensors.expect_shape(**scales, {2, 3}).error().message,
            "tensor l.scales: expected shape [2, 3], found [1]");
}

TEST(FloatBits, AreThoseOfTheType) {
  testing::TestCheckpoint file;
  file.add("h", BlockType::kF16, {2}, std::vector<std::uint16_t>{0, 0x3E00});
  file.add("b", BlockType::kBf16, {2}, std::vector<std::uint16_t>{0, 0x3FC0});
  file.add("f", BlockType::kF32, {2}, std::vector<float>{0.0F, 1.5F});
  EXPECT_EQ(float_bits(file.tensor("h"), 1), 0x3E00U);
  EXPECT_EQ(float_bits(file.tensor("b"), 1), 0x3FC0U);
  EXPECT_EQ(float_bits(file.tensor("f"), 1), 0x3FC00000U);
  for (const char* name : {"h", "b", "f"}) {
    EXPECT_EQ(float_value(file.tensor(name), 1), 1.5F) << name;
  }
}

}  // namespace
}  // namespace hearth::model
