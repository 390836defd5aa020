#include <gtest/gtest.h>

#include "model/quantized_fixture.h"

namespace hearth::model {
namespace {

using quant::BlockType;
using testing::TestCheckpoint;

constexpr std::size_t kRows = 16;
constexpr std::size_t kCols = 128;
constexpr std::size_t kGroup = 64;
constexpr std::size_t kGroups = 2;
constexpr std::size_t kOrder[] = {0, 2, 4, 6, 1, 3, 5, 7};

struct Numbers {
  std::vector<std::uint32_t> codes = testing::random_numbers(kRows * kCols, 16, 1);  // [kRows, kCols]
  std::vector<std::uint32_t> zeros = testing::random_numbers(kRows * kGroups, 16, 2);
  std::vector<std::uint16_t> scales = testing::random_scales(kRows * kGroups, 3);

  std::vector<float> expected() const {
    std::vector<float> out;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const std::size_t at = i / kCols * kGroups + i % kCols / kGroup;
      out.push_back(base::f16_to_f32(scales[at]) * (static_cast<float>(codes[i]) - static_cast<float>(zeros[at])));
    }
    return out;
  }
};

void set_scheme(TestCheckpoint& file, const char* version) {
  file.set("quant_method", {std::string("awq")});
  file.set("group_size", {std::int64_t{kGroup}});
  file.set("version", {std::string(version)});
}

TEST(AwqSource, Gemm) {
  const Numbers numbers;
  TestCheckpoint file;
  set_scheme(file, "gemm");
  std::vector<std::uint32_t> words(kCols * kRows / 8);
  std::vector<std::uint32_t> zero_words(kGroups * kRows / 8);
  std::vector<std::uint16_t> scales(kGroups * kRows);
  for (std::size_t n = 0; n < kRows; ++n) {
    // Nibble i of a word holds column order[i] of its eight.
    const std::size_t place = 4 * static_cast<std::size_t>(std::ranges::find(kOrder, n % 8) - kOrder);
    for (std::size_t k = 0; k < kCols; ++k) {
      words[(k * kRows + n) / 8] |= numbers.codes[n * kCols + k] << place;
    }
    for (std::size_t g = 0; g < kGroups; ++g) {
      zero_words[(g * kRows + n) / 8] |= numbers.zeros[n * kGroups + g] << place;
      scales[g * kRows + n] = numbers.scales[n * kGroups + g];
    }
  }
  file.add("l.qweight", BlockType::kI32, {kCols, kRows / 8}, words);
  file.add("l.qzeros", BlockType::kI32, {kGroups, kRows / 8}, zero_words);
  file.add("l.scales", BlockType::kF16, {kGroups, kRows}, scales);
  const auto source = file.find(kRows, kCols);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(testing::values_of(**source, kRows), numbers.expected());

  file.tensor("l.qzeros").shape = {kGroups, 1};
  EXPECT_THAT(testing::error_of(file.find(kRows, kCols)), ::testing::HasSubstr("tensor l.qzeros: expected shape"));
  EXPECT_THAT(testing::error_of(file.find(kRows, 2 * kCols)),
              ::testing::HasSubstr("tensor l.qweight: expected shape [256, 2], found [128, 2]"));
}

TEST(AwqSource, Gemv) {
  const Numbers numbers;
  TestCheckpoint file;
  set_scheme(file, "gemv");
  const std::size_t width = 2;  // of zeros: padded for groups of 64
  std::vector<std::uint32_t> words(kRows * kCols / 8);
  std::vector<std::uint32_t> zero_words(kRows * width);
  std::vector<std::uint16_t> scales(kRows * 8 * width);
  for (std::size_t n = 0; n < kRows; ++n) {
    for (std::size_t k = 0; k < kCols; ++k) {
      testing::put_number(&words[n * kCols / 8], 1, k, 4, numbers.codes[n * kCols + k]);
    }
    for (std::size_t g = 0; g < kGroups; ++g) {
      testing::put_number(&zero_words[n * width], 1, g, 4, numbers.zeros[n * kGroups + g]);
      scales[n * 8 * width + g] = numbers.scales[n * kGroups + g];
    }
  }
  file.add("l.qweight", BlockType::kI32, {kRows, kCols / 8}, words);
  file.add("l.qzeros", BlockType::kI32, {kRows, width}, zero_words);
  file.add("l.scales", BlockType::kF16, {kRows, 8 * width}, scales);
  const auto source = file.find(kRows, kCols);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(testing::values_of(**source, kRows), numbers.expected());
  file.tensor("l.scales").shape = {kRows * 2, 8};
  EXPECT_THAT(testing::error_of(file.find(kRows, kCols)), ::testing::HasSubstr("tensor l.scales: expected shape"));
}

// The packer of AutoAWQ step by step: transpose (4, 4, 2), order of eight, four rows in strips of 64.
TEST(AwqSource, GemvFast) {
  const Numbers numbers;
  TestCheckpoint file;
  set_scheme(file, "gemv_fast");
  std::vector<std::uint32_t> reordered(kRows * kCols);
  for (std::size_t i = 0; i < reordered.size(); i += 32) {
    std::uint32_t dealt[32];
    for (std::size_t a = 0; a < 4; ++a) {
      for (std::size_t b = 0; b < 4; ++b) {
        for (std::size_t c = 0; c < 2; ++c) {
          dealt[b * 8 + a * 2 + c] = numbers.codes[i + a * 8 + b * 2 + c];
        }
      }
    }
    for (std::size_t j = 0; j < 32; ++j) {
      reordered[i + j] = dealt[j / 8 * 8 + kOrder[j % 8]];
    }
  }
  std::vector<std::uint16_t> words(kRows / 4 * kCols);
  for (std::size_t n = 0; n < kRows; ++n) {
    for (std::size_t k = 0; k < kCols; ++k) {
      const std::size_t flat = ((n / 4 * (kCols / 64) + k / 64) * 4 + n % 4) * 64 + k % 64;
      words[flat / 4] = static_cast<std::uint16_t>(words[flat / 4] | reordered[n * kCols + k] << (4 * (flat % 4)));
    }
  }
  const std::size_t lines = 16;
  std::vector<std::uint16_t> scales(lines * kRows);
  std::vector<std::uint16_t> offsets(lines * kRows);
  std::vector<float> expected;
  for (std::size_t n = 0; n < kRows; ++n) {
    for (std::size_t g = 0; g < kGroups; ++g) {
      const std::size_t at = n * kGroups + g;
      scales[g * kRows + n] = numbers.scales[at];
      const float scale = base::f16_to_f32(numbers.scales[at]);
      offsets[g * kRows + n] = base::f32_to_f16(-scale * static_cast<float>(numbers.zeros[at]));
    }
    for (std::size_t k = 0; k < kCols; ++k) {
      const std::size_t at = k / kGroup * kRows + n;
      expected.push_back(base::f16_to_f32(scales[at]) * static_cast<float>(numbers.codes[n * kCols + k]) +
                         base::f16_to_f32(offsets[at]));
    }
  }
  file.add("l.qweight", BlockType::kI16, {kRows / 4, kCols}, words);
  file.add("l.qzeros", BlockType::kF16, {lines, kRows}, offsets);
  file.add("l.scales", BlockType::kF16, {lines, kRows}, scales);
  const auto source = file.find(kRows, kCols);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(testing::values_of(**source, kRows), expected);
  file.remove("l.qzeros");
  EXPECT_THAT(testing::error_of(file.find(kRows, kCols)), ::testing::HasSubstr("tensor l.qzeros is missing"));
}

}  // namespace
}  // namespace hearth::model
