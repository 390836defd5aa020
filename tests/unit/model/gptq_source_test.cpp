#include <gtest/gtest.h>

#include "model/quantized_fixture.h"

namespace hearth::model {
namespace {

using quant::BlockType;
using testing::TestCheckpoint;

constexpr std::size_t kRows = 64;
constexpr std::size_t kCols = 128;
constexpr std::size_t kGroups = 4;

// A GPTQ matrix written bit by bit, and its values.
struct GptqFile {
  GptqFile(int bits, bool minus_one) : bits(bits) {
    const auto b = static_cast<std::size_t>(bits);
    const auto codes = testing::random_numbers(kRows * kCols, 1U << bits, 1);
    zeros = testing::random_numbers(kGroups * kRows, (1U << bits) - 1, 2);
    scales = testing::random_scales(kGroups * kRows, 3);
    for (std::size_t k = 0; k < kCols; ++k) {
      index.push_back(static_cast<std::int32_t>(k * 7 % kCols / 32));
    }
    std::vector<std::uint32_t> words(kCols / 32 * b * kRows);
    std::vector<std::uint32_t> zero_words(kGroups * kRows / 32 * b);
    for (std::size_t n = 0; n < kRows; ++n) {
      for (std::size_t k = 0; k < kCols; ++k) {
        testing::put_number(words.data() + n, kRows, k, bits, codes[n * kCols + k]);
      }
      for (std::size_t g = 0; g < kGroups; ++g) {
        std::uint32_t& zero = zeros[g * kRows + n];
        zero += minus_one ? 1 : 0;
        testing::put_number(zero_words.data() + g * kRows / 32 * b, 1, n, bits, zero - (minus_one ? 1 : 0));
      }
    }
    file.add("l.qweight", BlockType::kI32, {static_cast<std::int64_t>(kCols / 32 * b), kRows}, words);
    file.add("l.qzeros", BlockType::kI32, {kGroups, static_cast<std::int64_t>(kRows / 32 * b)}, zero_words);
    file.add("l.scales", BlockType::kF16, {kGroups, kRows}, scales);
    file.set("quant_method", {std::string("gptq")});
    file.set("group_size", {std::int64_t{32}});
    for (std::size_t i = 0; i < codes.size(); ++i) {
      code_values.push_back(static_cast<float>(codes[i]));
    }
  }
  void add_index() { file.add("l.g_idx", BlockType::kI32, {kCols}, index); }

  std::vector<float> expected(bool act_order) const {
    std::vector<float> out;
    for (std::size_t i = 0; i < code_values.size(); ++i) {
      const std::size_t g = act_order ? static_cast<std::size_t>(index[i % kCols]) : i % kCols / 32;
      const std::size_t at = g * kRows + i / kCols;
      out.push_back(base::f16_to_f32(scales[at]) * (code_values[i] - static_cast<float>(zeros[at])));
    }
    return out;
  }

  int bits;
  std::vector<std::uint32_t> zeros;
  std::vector<std::uint16_t> scales;
  std::vector<std::int32_t> index;
  std::vector<float> code_values;
  TestCheckpoint file;
};

TEST(GptqSource, ReadsEveryWidthInBothFormatsWithAndWithoutActOrder) {
  for (const int bits : {2, 3, 4, 8}) {
    for (const bool act_order : {false, true}) {
      for (const bool v2 : {false, true}) {
        GptqFile f(bits, !v2);
        f.file.set("checkpoint_format", {std::string(v2 ? "gptq_v2" : "gptq")});
        if (act_order) {
          f.add_index();
        }
        const auto source = f.file.find(kRows, kCols);
        ASSERT_TRUE(source) << source.error().message;
        EXPECT_EQ((*source)->input_order().empty(), !act_order);
        EXPECT_EQ(testing::values_of(**source, kRows), f.expected(act_order)) << bits << " bits";
        EXPECT_EQ((*source)->tensors().size(), act_order ? 4 : 3);
      }
    }
  }
}

// GPTQModel 2.2 takes 0x24924924, 0x92492492, 0x49249249 away from the words of 3-bit zeros.
TEST(GptqSource, AddsTheConstantsOfGptqModel) {
  GptqFile f(3, false);
  f.file.set("meta.quantizer", {std::vector<std::string>{"gptqmodel:2.2.0"}});
  auto& bytes = f.file.checkpoint().owned[1];
  for (std::size_t i = 0; i < bytes.size() / 4; ++i) {
    std::uint32_t word;
    std::memcpy(&word, &bytes[4 * i], 4);
    constexpr std::uint32_t kConstants[] = {0x24924924U, 0x92492492U, 0x49249249U};
    word -= kConstants[i % 3];
    std::memcpy(&bytes[4 * i], &word, 4);
  }
  const auto source = f.file.find(kRows, kCols);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(testing::values_of(**source, kRows), f.expected(false));
}

TEST(GptqSource, SymmetricZerosTakeNoRoom) {
  GptqFile f(4, true);
  std::ranges::fill(f.file.checkpoint().owned[1], std::byte{0x77});
  const auto source = f.file.find(kRows, kCols);
  ASSERT_TRUE(source);
  kernels::PackedMatrix matrix;
  matrix.panel_rows = 8;
  (*source)->plan(matrix);
  EXPECT_EQ(matrix.group_zero, quant::packed::GroupZero::kMiddle);
  std::ranges::fill(f.zeros, 8U);
  EXPECT_EQ(testing::values_of(**source, kRows), f.expected(false));
}

TEST(GptqSource, OutputsMayBePaddedAndGroupsDeduced) {
  GptqFile f(4, true);
  f.file.set("group_size", {std::int64_t{64}});  // wrong for this layer
  const auto source = f.file.find(kRows - 10, kCols);
  ASSERT_TRUE(source) << source.error().message;
  auto expected = f.expected(false);
  expected.resize((kRows - 10) * kCols);
  EXPECT_EQ(testing::values_of(**source, kRows - 10), expected);
}

TEST(GptqSource, RefusesTensorsThatDoNotFit) {
  const auto broken = [](auto change) {
    GptqFile f(4, true);
    f.add_index();
    change(f);
    return testing::error_of(f.file.find(kRows, kCols));
  };
  EXPECT_THAT(broken([](GptqFile& f) { f.file.tensor("l.qweight").shape = {8, 128}; }),
              ::testing::HasSubstr("tensor l.qweight: expected [128 * bits / 32, 64]"));
  EXPECT_THAT(broken([](GptqFile& f) { f.file.tensor("l.qzeros").shape = {8, 4}; }),
              ::testing::HasSubstr("tensor l.qzeros: expected shape [4, 8], found [8, 4]"));
  EXPECT_THAT(broken([](GptqFile& f) { f.file.tensor("l.scales").type = BlockType::kI16; }),
              ::testing::HasSubstr("tensor l.scales: expected F16 or BF16 or F32, found I16"));
  EXPECT_THAT(broken([](GptqFile& f) { f.file.tensor("l.scales").shape = {64, 4}; }),
              ::testing::HasSubstr("tensor l.scales: expected shape"));
  EXPECT_THAT(broken([](GptqFile& f) { f.file.tensor("l.g_idx").shape = {2, 64}; }),
              ::testing::HasSubstr("tensor l.g_idx: expected shape [128]"));
  EXPECT_THAT(broken([](GptqFile& f) { f.file.remove("l.scales"); }),
              ::testing::HasSubstr("tensor l.scales is missing"));
  EXPECT_THAT(broken([](GptqFile& f) { f.file.checkpoint().owned[3][5] = std::byte{1}; }),
              ::testing::HasSubstr("tensor l.g_idx: expected groups 0 to 3, found 256"));
  EXPECT_THAT(broken([](GptqFile& f) { f.file.checkpoint().owned[3][0] = std::byte{1}; }),
              ::testing::HasSubstr("a group has 31 columns, expected a multiple of 32"));
}

}  // namespace
}  // namespace hearth::model
