#include "quant/packed/pack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "quant/packed/panel_values.h"

namespace hearth::quant::packed {
namespace {

constexpr BlockType kTypes[] = {
#define HEARTH_BLOCK_TYPE(enumerator, name, ggml_id, block_size, block_bytes, function) BlockType::enumerator,
#include "quant/block_types.def"
};

std::vector<std::byte> pack_rows(BlockType type, const std::vector<std::byte>& source, std::size_t n_rows,
                                 std::int64_t n_cols) {
  const auto plan = plan_matrix(type, static_cast<std::int64_t>(n_rows), n_cols, static_cast<std::int32_t>(n_rows));
  std::vector<const std::byte*> rows;
  for (std::size_t r = 0; r < n_rows; ++r) {
    rows.push_back(source.data() + r * source.size() / n_rows);
  }
  std::vector<std::byte> panel(static_cast<std::size_t>(plan.value().panel_bytes), std::byte{0xA5});
  pack_panel(type, *plan, rows, panel.data());
  return panel;
}

TEST(Pack, KindsAreInTheirOrder) {
  for (int i = 0; i < static_cast<int>(PackedKind::kCount); ++i) {
    EXPECT_EQ(info(static_cast<PackedKind>(i)).kind, static_cast<PackedKind>(i));
  }
}

class PackEncoding : public testing::TestWithParam<BlockType> {
 protected:
  // Some blocks; a type of single numbers has 32.
  std::int64_t n_cols() const { return std::max(32, 3 * quant::info(GetParam()).block_size); }
};

TEST_P(PackEncoding, IsPlannedAtTheSizeOfItsSource) {
  const auto plan = plan_matrix(GetParam(), 17, n_cols(), 16);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->panel_bytes, 16 * row_bytes(GetParam(), n_cols()));
  EXPECT_EQ(plan->n_panels(), 2);
  if (quant::info(GetParam()).block_size > 1) {
    EXPECT_FALSE(plan_matrix(GetParam(), 17, n_cols() + 1, 16).has_value());
  }
}

// Only bits move: a panel holds as many set bits as its rows, and a different row gives a different panel.
TEST_P(PackEncoding, KeepsEveryBit) {
  const auto n_set = [](const std::vector<std::byte>& bytes) {
    std::int64_t n = 0;
    for (const std::byte byte : bytes) {
      n += __builtin_popcount(static_cast<unsigned>(byte));
    }
    return n;
  };
  for (const std::size_t n_rows : {std::size_t{8}, std::size_t{16}}) {
    auto source = random_bytes(static_cast<std::size_t>(row_bytes(GetParam(), n_cols())) * n_rows, 7);
    const auto panel = pack_rows(GetParam(), source, n_rows, n_cols());
    EXPECT_EQ(n_set(panel), n_set(source));
    for (std::size_t bit = 0; bit < 8 * source.size(); bit += 37) {
      source[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      EXPECT_NE(pack_rows(GetParam(), source, n_rows, n_cols()), panel) << "bit " << bit;
      source[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    }
  }
}

TEST_P(PackEncoding, MissingRowsAreZeroes) {
  const std::vector<const std::byte*> rows(8, nullptr);
  const auto plan = plan_matrix(GetParam(), 8, n_cols(), 8);
  std::vector<std::byte> panel(static_cast<std::size_t>(plan.value().panel_bytes), std::byte{0xA5});
  pack_panel(GetParam(), *plan, rows, panel.data());
  EXPECT_TRUE(std::all_of(panel.begin(), panel.end(), [](std::byte b) { return b == std::byte{0}; }));
}

INSTANTIATE_TEST_SUITE_P(Types, PackEncoding, testing::ValuesIn(kTypes),
                         [](const auto& row) { return std::string(quant::info(row.param).name); });

// Encodings without a kind of their own: the blocks of all rows lie side by side as they are.
TEST(Pack, KeepsTheBlocksOfOtherEncodings) {
  for (const BlockType type : {BlockType::kIQ2_XS, BlockType::kQ4_2, BlockType::kQ4_1O}) {
    const auto plan = plan_matrix(type, 8, 1024, 8).value();
    ASSERT_NE(plan.decoder.to_floats, nullptr);
    const auto source = random_bytes(8 * static_cast<std::size_t>(row_bytes(type, 1024)), 3);
    const auto panel = pack_rows(type, source, 8, 1024);
    const auto bytes = static_cast<std::size_t>(plan.decoder.block_bytes);
    const std::size_t n_blocks = source.size() / 8 / bytes;
    for (std::size_t row = 0; row < 8; ++row) {
      for (std::size_t i = 0; i < n_blocks; ++i) {
        EXPECT_TRUE(std::equal(&panel[(i * 8 + row) * bytes], &panel[(i * 8 + row) * bytes] + bytes,
                               &source[(row * n_blocks + i) * bytes]));
      }
    }
  }
}

TEST(Pack, ChoosesIntegersWhereColumnsFillTheirGroups) {
  EXPECT_EQ(plan_matrix(BlockType::kIQ2_XS, 8, 256, 8)->kind, PackedKind::kDecodedIntegers);
  EXPECT_EQ(plan_matrix(BlockType::kQ4_2, 8, 96, 8)->kind, PackedKind::kDecodedIntegers);
  EXPECT_EQ(plan_matrix(BlockType::kQ4_2, 8, 80, 8)->kind, PackedKind::kDecoded);
  EXPECT_EQ(plan_matrix(BlockType::kQ4_1O, 8, 96, 8)->kind, PackedKind::kDecoded);
  // Single numbers are decoded in runs.
  EXPECT_EQ(plan_matrix(BlockType::kI8, 8, 96, 8)->decoder.block_cols, 32);
  EXPECT_EQ(plan_matrix(BlockType::kI8, 8, 90, 8)->decoder.block_cols, 2);
}

}  // namespace
}  // namespace hearth::quant::packed
