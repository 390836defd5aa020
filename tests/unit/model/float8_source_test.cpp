#include "model/float8_source.h"

#include <gtest/gtest.h>

#include "model/quantized_fixture.h"

namespace hearth::model {
namespace {

using quant::BlockType;
using testing::TestCheckpoint;

constexpr std::int64_t kRows = 150;
constexpr std::int64_t kCols = 200;

// E4M3 numbers from 1 to 2: 0x38 + eighths.
float value_at(std::int64_t i) {
  return 1.0F + static_cast<float>(i % 8) / 8.0F;
}

TestCheckpoint float8_file() {
  TestCheckpoint file;
  std::vector<std::uint8_t> bytes;
  for (std::int64_t i = 0; i < kRows * kCols; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(0x38 + i % 8));
  }
  file.add("l.weight", BlockType::kF8E4M3, {kRows, kCols}, bytes);
  return file;
}

// Every scale is a number of its own.
std::vector<float> scales(std::int64_t n) {
  std::vector<float> out;
  for (std::int64_t i = 0; i < n; ++i) {
    out.push_back(0.5F + static_cast<float>(i));
  }
  return out;
}

void expect_values(TestCheckpoint& file, std::int64_t scale_rows, std::int64_t scale_cols) {
  const auto source = file.find(kRows, kCols);
  ASSERT_TRUE(source) << source.error().message;
  const auto values = testing::values_of(**source, kRows);
  const std::int64_t n_scale_cols = (kCols + scale_cols - 1) / scale_cols;
  for (std::int64_t i = 0; i < kRows * kCols; ++i) {
    const std::int64_t scale = i / kCols / scale_rows * n_scale_cols + i % kCols / scale_cols;
    ASSERT_EQ(values[static_cast<std::size_t>(i)], value_at(i) * (0.5F + static_cast<float>(scale))) << i;
  }
}

TEST(Float8Source, OneScalePerBlock) {
  TestCheckpoint file = float8_file();
  file.set("quant_method", {std::string("fp8")});
  file.add("l.weight_scale_inv", BlockType::kF32, {2, 2}, scales(4));
  expect_values(file, 128, 128);
  file.set("weight_block_size", {std::vector<std::int64_t>{50, 64}});
  file.remove("l.weight_scale_inv");
  file.add("l.weight_scale_inv", BlockType::kF32, {3, 4}, scales(12));
  expect_values(file, 50, 64);
}

TEST(Float8Source, OneScalePerRowOrTensor) {
  TestCheckpoint file = float8_file();
  file.add("l.weight_scale", BlockType::kF32, {kRows, 1}, scales(kRows));
  expect_values(file, 1, kCols);
  file.tensor("l.weight_scale").shape = {kRows};
  expect_values(file, 1, kCols);
  file.remove("l.weight_scale");
  file.add("l.weight_scale", BlockType::kF32, {}, scales(1));
  expect_values(file, kRows, kCols);
}

TEST(Float8Source, ScalesAreOneWhereThereAreNone) {
  TestCheckpoint file = float8_file();
  const auto source = file.find(kRows, kCols);
  ASSERT_TRUE(source);
  EXPECT_EQ(testing::values_of(**source, 1)[7], 1.875F);
}

TEST(Float8Source, RefusesTensorsThatDoNotFit) {
  TestCheckpoint file = float8_file();
  EXPECT_THAT(testing::error_of(file.find(kCols, kRows)),
              ::testing::HasSubstr("tensor l.weight: expected shape [200, 150], found [150, 200]"));
  file.add("l.weight_scale_inv", BlockType::kF32, {4, 1}, scales(4));
  EXPECT_THAT(testing::error_of(file.find(kRows, kCols)),
              ::testing::HasSubstr("tensor l.weight_scale_inv: expected shape [2, 2], found [4, 1]"));
  file.tensor("l.weight_scale_inv").type = BlockType::kI32;
  EXPECT_THAT(testing::error_of(file.find(kRows, kCols)),
              ::testing::HasSubstr("tensor l.weight_scale_inv: expected F32 or BF16 or F16, found I32"));
}

}  // namespace
}  // namespace hearth::model
