#include <gtest/gtest.h>

#include "model/quantized_fixture.h"

namespace hearth::model {
namespace {

using quant::BlockType;
using testing::TestCheckpoint;

constexpr std::size_t kRows = 24;
constexpr std::size_t kCols = 96;
constexpr std::size_t kGroups = 3;

// compressed-tensors numbers are signed; files hold them plus 2^(bits - 1).
struct CompressedFile {
  explicit CompressedFile(int bits) : bits(bits) {
    codes = testing::random_numbers(kRows * kCols, 1U << bits, 1);
    std::vector<std::uint32_t> words(kRows * kCols / 32 * static_cast<std::size_t>(bits));
    for (std::size_t i = 0; i < codes.size(); ++i) {
      testing::put_number(words.data(), 1, i, bits, codes[i]);
    }
    std::vector<float> stored;
    for (const std::uint16_t scale : testing::random_scales(kRows * kGroups, 2)) {
      stored.push_back(base::f16_to_f32(scale));
    }
    scales = stored;
    file.set("quant_method", {std::string("compressed-tensors")});
    file.set("format", {std::string("pack-quantized")});
    file.set("config_groups.group_0.weights.group_size", {std::int64_t{32}});
    file.add("l.weight_packed", BlockType::kI32, {kRows, static_cast<std::int64_t>(kCols) / 32 * bits}, words);
    file.add("l.weight_scale", BlockType::kF32, {kRows, kGroups}, scales);
    file.add("l.weight_shape", BlockType::kI64, {2}, std::vector<std::int64_t>{kRows, kCols});
  }

  std::vector<float> expected(const std::vector<std::uint32_t>& zeros, const std::vector<std::int32_t>& index) const {
    std::vector<float> out;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const std::size_t g = index.empty() ? i % kCols / 32 : static_cast<std::size_t>(index[i % kCols]);
      const std::size_t at = i / kCols * kGroups + g;
      const float zero = zeros.empty() ? static_cast<float>(1 << (bits - 1)) : static_cast<float>(zeros[at]);
      out.push_back(scales[at] * (static_cast<float>(codes[i]) - zero));
    }
    return out;
  }

  int bits;
  std::vector<std::uint32_t> codes;
  std::vector<float> scales;
  TestCheckpoint file;
};

TEST(CompressedSource, ReadsSymmetricAndAsymmetricIntegers) {
  for (const int bits : {4, 8}) {
    CompressedFile f(bits);
    auto source = f.file.find(kRows, kCols);
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_EQ(testing::values_of(**source, kRows), f.expected({}, {}));

    const auto zeros = testing::random_numbers(kRows * kGroups, 1U << bits, 3);
    const std::size_t per_word = 32 / static_cast<std::size_t>(bits);
    std::vector<std::uint32_t> words(kRows / per_word * kGroups);
    for (std::size_t i = 0; i < zeros.size(); ++i) {
      testing::put_number(words.data() + i % kGroups, kGroups, i / kGroups, bits, zeros[i]);
    }
    f.file.add("l.weight_zero_point", BlockType::kI32, {static_cast<std::int64_t>(kRows / per_word), kGroups}, words);
    source = f.file.find(kRows, kCols);
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_EQ(testing::values_of(**source, kRows), f.expected(zeros, {}));

    std::vector<std::int8_t> bytes;
    for (const std::uint32_t zero : zeros) {
      bytes.push_back(static_cast<std::int8_t>(static_cast<int>(zero) - (1 << (bits - 1))));
    }
    f.file.remove("l.weight_zero_point");
    f.file.add("l.weight_zero_point", BlockType::kI8, {kRows, kGroups}, bytes);
    source = f.file.find(kRows, kCols);
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_EQ(testing::values_of(**source, kRows), f.expected(zeros, {}));
  }
}

TEST(CompressedSource, ReadsActOrderAndOneScalePerRow) {
  CompressedFile f(4);
  std::vector<std::int32_t> index;
  for (std::size_t k = 0; k < kCols; ++k) {
    index.push_back(static_cast<std::int32_t>(k % kGroups));
  }
  f.file.add("l.weight_g_idx", BlockType::kI32, {kCols}, index);
  auto source = f.file.find(kRows, kCols);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_FALSE((*source)->input_order().empty());
  EXPECT_EQ(testing::values_of(**source, kRows), f.expected({}, index));

  CompressedFile channel(4);
  std::vector<float> first;
  for (std::size_t n = 0; n < kRows; ++n) {
    first.push_back(channel.scales[n * kGroups]);
    channel.scales[n * kGroups + 1] = first.back();
    channel.scales[n * kGroups + 2] = first.back();
  }
  channel.file.remove("l.weight_scale");
  channel.file.add("l.weight_scale", BlockType::kF32, {kRows, 1}, first);
  source = channel.file.find(kRows, kCols);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(testing::values_of(**source, kRows), channel.expected({}, {}));
}

TEST(CompressedSource, RefusesTensorsThatDoNotFit) {
  const auto broken = [](auto change) {
    CompressedFile f(4);
    change(f.file);
    return testing::error_of(f.file.find(kRows, kCols));
  };
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.checkpoint().owned[2][0] = std::byte{25}; }),
              ::testing::HasSubstr("tensor l.weight_shape: expected [24, 96], found [25, 96]"));
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.tensor("l.weight_packed").shape = {12, 24}; }),
              ::testing::HasSubstr("tensor l.weight_packed: expected"));
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.tensor("l.weight_scale").shape = {36, 2}; }),
              ::testing::HasSubstr("tensor l.weight_scale: expected shape [24, 2], found [36, 2]"));
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.remove("l.weight_scale"); }),
              ::testing::HasSubstr("tensor l.weight_scale is missing"));
}

}  // namespace
}  // namespace hearth::model
