// Where a panel of grouped integers keeps codes, scales and zeros.
#include "quant/packed/pack_grouped.h"

#include <gtest/gtest.h>

#include "quant/packed/panel_values.h"

namespace hearth::quant::packed {
namespace {

struct Packed {
  Packed(const std::vector<ColumnGroup>& columns, GroupScale scale, GroupZero zero, std::int32_t n_rows)
      : groups(columns.size()) {
    matrix.panel_rows = n_rows;
    matrix.group_scale = scale;
    matrix.group_zero = zero;
    matrix.groups = groups.data();
    lay_out_groups(columns, groups, matrix);
    source.reset(matrix);
    panel.resize(static_cast<std::size_t>(matrix.panel_bytes));
    for (std::size_t i = 0; i < source.codes.size(); ++i) {
      const auto column = static_cast<std::int64_t>(i) % matrix.n_cols;
      std::size_t g = 0;
      while ((groups[g].first_block + groups[g].n_blocks) * 32 <= column) {
        ++g;
      }
      source.codes[i] = static_cast<std::uint8_t>((i * 37 + i / 32) & ((1U << groups[g].bits) - 1));
    }
    for (std::size_t i = 0; i < source.scales.size(); ++i) {
      source.scales[i] = static_cast<std::uint32_t>(scale == GroupScale::kTwoLevel ? i % 16 : 100 + i);
    }
    for (std::size_t i = 0; i < source.zeros.size(); ++i) {
      source.zeros[i] = static_cast<std::uint16_t>(i % (1U << columns[0].bits));
    }
    pack_grouped_panel(matrix, source, panel.data());
  }

  std::uint8_t code(std::size_t row, std::size_t column) const {
    return source.codes[row * static_cast<std::size_t>(matrix.n_cols) + column];
  }

  PackedMatrix matrix;
  std::vector<PackedGroup> groups;
  GroupedPanel source;
  std::vector<std::byte> panel;
};

TEST(PackGrouped, StoredZerosFillAPlaneAndCodesFollowTheScales) {
  for (const std::int32_t n_rows : {8, 16}) {
    const auto rows = static_cast<std::size_t>(n_rows);
    const Packed p({{64, 4}, {32, 4}}, GroupScale::kF16, GroupZero::kStored, n_rows);
    EXPECT_EQ(p.matrix.n_cols, 96);
    EXPECT_EQ(p.groups[0].offset, 4 * n_rows);
    EXPECT_EQ(p.groups[1].offset, (4 + 2 + 32) * n_rows);
    EXPECT_EQ(p.matrix.panel_bytes, (4 + 2 + 32 + 2 + 16) * n_rows);
    const PanelReader panel{p.panel.data(), rows};
    for (std::size_t row = 0; row < rows; ++row) {
      EXPECT_EQ(panel.plane_byte(0, 0, row, 0), p.source.zeros[2 * row] | (p.source.zeros[2 * row + 1] << 4));
      EXPECT_EQ(panel.u16(4, row), p.source.scales[2 * row]);
      EXPECT_EQ(panel.u16(38, row), p.source.scales[2 * row + 1]);
      for (std::size_t k = 0; k < 96; ++k) {
        const std::size_t at = k < 64 ? 6 + k / 32 * 16 : 40;
        EXPECT_EQ(panel.nibble(at, row, k % 32), p.code(row, k));
      }
    }
  }
}

TEST(PackGrouped, BitsMayChangeFromGroupToGroup) {
  const Packed p({{32, 8}, {32, 6}, {32, 5}, {32, 3}, {32, 2}}, GroupScale::kTwoLevel, GroupZero::kMiddle, 8);
  const PanelReader panel{p.panel.data(), 8};
  for (std::size_t row = 0; row < 8; ++row) {
    for (std::size_t g = 0; g < 5; ++g) {
      EXPECT_EQ((panel.plane_byte(0, 0, row, g / 2) >> (4 * (g % 2))) & 15, p.source.scales[row * 5 + g]);
    }
    for (std::size_t k = 0; k < 32; ++k) {
      EXPECT_EQ(panel.plane_byte(4, k / 4, row, k % 4), p.code(row, k) ^ 0x80);
      EXPECT_EQ(panel.nibble(36, row, k) | (panel.pair(52, row, k) << 4), p.code(row, 32 + k));
      EXPECT_EQ(panel.nibble(60, row, k) | (panel.fifth_bit(76, row, k) << 4), p.code(row, 64 + k));
      EXPECT_EQ(panel.pair(80, row, k) | (panel.fifth_bit(88, row, k) << 2), p.code(row, 96 + k));
      EXPECT_EQ(panel.pair(92, row, k), p.code(row, 128 + k));
    }
  }
}

TEST(PackGrouped, OffsetsLieBesideTheScales) {
  const Packed p({{32, 4}, {32, 4}}, GroupScale::kF16, GroupZero::kOffset, 8);
  EXPECT_EQ(p.groups[0].offset, 0);
  EXPECT_EQ(p.matrix.panel_bytes, 2 * (2 + 2 + 16) * 8);
  const PanelReader panel{p.panel.data(), 8};
  for (std::size_t row = 0; row < 8; ++row) {
    EXPECT_EQ(panel.u16(0, row), p.source.scales[2 * row]);
    EXPECT_EQ(panel.u16(2, row), p.source.zeros[2 * row]);
    EXPECT_EQ(panel.u16(22, row), p.source.zeros[2 * row + 1]);
  }
}

}  // namespace
}  // namespace hearth::quant::packed
