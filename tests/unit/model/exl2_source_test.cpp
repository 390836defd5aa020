#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "model/grouped_source.h"
#include "model/quantized_fixture.h"

namespace hearth::model {
namespace {

using quant::BlockType;
using testing::TestCheckpoint;

constexpr std::size_t kRows = 40;    // outputs of the model
constexpr std::size_t kPadded = 64;  // of the file
constexpr std::size_t kCols = 160;

struct Group {
  int bits;
  std::size_t n_cols;
};
constexpr Group kGroups[] = {{8, 32}, {5, 64}, {3, 32}, {2, 32}};

struct Exl2File {
  Exl2File() {
    std::vector<std::uint32_t> words;
    std::vector<std::uint16_t> index;
    std::vector<std::uint32_t> scale_words(std::size(kGroups) * kPadded / 8);
    const auto maxima = testing::random_scales(std::size(kGroups), 4);
    const auto scales = testing::random_numbers(std::size(kGroups) * kPadded, 16, 5);
    values.resize(kRows * kCols);
    std::size_t first = 0;
    for (std::size_t g = 0; g < std::size(kGroups); ++g) {
      const int bits = kGroups[g].bits;
      const std::size_t row = words.size() / kPadded;
      index.insert(index.end(), {static_cast<std::uint16_t>(bits), static_cast<std::uint16_t>(row)});
      words.resize(words.size() + kGroups[g].n_cols / 32 * static_cast<std::size_t>(bits) * kPadded);
      const auto codes = testing::random_numbers(kGroups[g].n_cols * kPadded, 1U << bits, static_cast<unsigned>(g));
      const float factor = base::f16_to_f32(base::f32_to_f16(base::f16_to_f32(maxima[g]) / 256.0F));
      for (std::size_t n = 0; n < kPadded; ++n) {
        testing::put_number(&scale_words[g * kPadded / 8], 1, n, 4, scales[g * kPadded + n]);
        const auto root = static_cast<float>(scales[g * kPadded + n] + 1);
        for (std::size_t k = 0; k < kGroups[g].n_cols; ++k) {
          const std::uint32_t code = codes[k * kPadded + n];
          testing::put_number(&words[row * kPadded + n], kPadded, k, bits, code);
          if (n < kRows) {
            values[n * kCols + input_of(first + k)] =
                root * root * factor * (static_cast<float>(code) - static_cast<float>(1 << (bits - 1)));
          }
        }
      }
      first += kGroups[g].n_cols;
    }
    std::vector<std::int32_t> inverse(kCols);
    for (std::size_t k = 0; k < kCols; ++k) {
      inverse[input_of(k)] = static_cast<std::int32_t>(k);
    }
    file.add("l.q_weight", BlockType::kI32, {static_cast<std::int64_t>(words.size() / kPadded), kPadded}, words);
    file.add("l.q_scale", BlockType::kI32, {std::size(kGroups), kPadded / 8}, scale_words);
    file.add("l.q_scale_max", BlockType::kF16, {std::size(kGroups)}, maxima);
    file.add("l.q_groups", BlockType::kI16, {2 * std::size(kGroups)}, index);
    file.add("l.q_invperm", BlockType::kI32, {kCols}, inverse);
  }
  static std::size_t input_of(std::size_t column) { return column * 37 % kCols; }

  TestCheckpoint file;
  std::vector<float> values;  // [kRows, kCols]
};

TEST(Exl2Source, ReadsMixedBitsThroughThePermutation) {
  Exl2File f;
  const auto source = f.file.find(kRows, kCols);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(testing::values_of(**source, kRows), f.values);
}

TEST(Exl2Source, RefusesTensorsThatDoNotFit) {
  const auto broken = [](auto change) {
    Exl2File f;
    change(f.file);
    return testing::error_of(f.file.find(kRows, kCols));
  };
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.checkpoint().owned[3][0] = std::byte{7}; }),
              ::testing::HasSubstr("tensor l.q_groups: group 0 of 7 bits"));
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.checkpoint().owned[3][2] = std::byte{1}; }),
              ::testing::HasSubstr("tensor l.q_groups: group 0 of 8 bits begins at row 1"));
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.checkpoint().owned[3][6] = std::byte{200}; }),
              ::testing::HasSubstr("tensor l.q_groups: group 0 of 8 bits"));
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.checkpoint().owned[4][0] = std::byte{1}; }),
              ::testing::HasSubstr("tensor l.q_invperm: expected a permutation of 160 inputs"));
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.checkpoint().owned[4][3] = std::byte{0x80}; }),
              ::testing::HasSubstr("tensor l.q_invperm: expected a permutation of 160 inputs"));
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.tensor("l.q_scale").shape = {8, 4}; }),
              ::testing::HasSubstr("tensor l.q_scale: expected shape [4, 8], found [8, 4]"));
  EXPECT_THAT(broken([](TestCheckpoint& file) { file.remove("l.q_scale_max"); }),
              ::testing::HasSubstr("tensor l.q_scale_max is missing"));
}

std::vector<std::byte> read_file(const std::string& name) {
  std::ifstream file(std::filesystem::path(HEARTH_GOLDEN_FOLDER) / "exl2-mixed" / name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

// Words that exllamav2's own device functions were run on.
TEST(Exl2Source, BitLayoutIsThatOfExllamav2) {
  for (const int bits : {2, 3, 4, 5, 6, 8}) {
    const std::string stem = "check_" + std::to_string(bits) + "bit.";
    const auto words = read_file(stem + "words.i32");
    const auto numbers = read_file(stem + "q.u8");
    const std::size_t n_out = 64;
    ASSERT_FALSE(numbers.empty());
    ASSERT_EQ(words.size() * 8, numbers.size() * static_cast<std::size_t>(bits));
    std::vector<std::uint8_t> column(numbers.size() / n_out);
    for (std::size_t n = 0; n < n_out; ++n) {
      unpack_bits(words.data() + 4 * n, n_out, bits, column);
      for (std::size_t k = 0; k < column.size(); ++k) {
        ASSERT_EQ(column[k], std::to_integer<int>(numbers[k * n_out + n])) << bits << " bits";
      }
    }
  }
}

}  // namespace
}  // namespace hearth::model
