// Where the kinds with groups of 32 keep the numbers of their blocks.
#include <gtest/gtest.h>

#include "quant/load_block.h"
#include "quant/packed/pack.h"
#include "quant/packed/panel_values.h"
#include "quant/q4_0.h"
#include "quant/q4_1.h"
#include "quant/q5_0.h"
#include "quant/q5_1.h"
#include "quant/q8_0.h"

namespace hearth::quant::packed {
namespace {

// Packs n_rows random rows of two blocks and calls check(source block, its panel block, row).
template <typename Block, typename Check>
void for_each_block(BlockType type, std::size_t n_rows, Check check) {
  const auto source = random_bytes(2 * sizeof(Block) * n_rows, 3);
  std::vector<const std::byte*> rows;
  for (std::size_t r = 0; r < n_rows; ++r) {
    rows.push_back(source.data() + r * 2 * sizeof(Block));
  }
  std::vector<std::byte> panel(source.size());
  pack_panel(type, plan_matrix(type, 1, 64, static_cast<std::int32_t>(n_rows)).value(), rows, panel.data());
  for (std::size_t r = 0; r < n_rows; ++r) {
    for (std::size_t i = 0; i < 2; ++i) {
      check(load_block<Block>(rows[r], static_cast<std::int64_t>(i)),
            PanelReader{panel.data() + i * sizeof(Block) * n_rows, n_rows}, r);
    }
  }
}

int source_nibble(const std::uint8_t (&qs)[16], std::size_t column) {
  return column < 16 ? qs[column] & 15 : qs[column - 16] >> 4;
}

TEST(PackGroups, U4) {
  for (const std::size_t n_rows : {std::size_t{8}, std::size_t{16}}) {
    for_each_block<BlockQ4_0>(BlockType::kQ4_0, n_rows, [](const BlockQ4_0& b, PanelReader p, std::size_t row) {
      EXPECT_EQ(p.u16(0, row), b.d);
      for (std::size_t k = 0; k < 32; ++k) {
        EXPECT_EQ(p.nibble(2, row, k), source_nibble(b.qs, k));
      }
    });
    for_each_block<BlockQ4_1>(BlockType::kQ4_1, n_rows, [](const BlockQ4_1& b, PanelReader p, std::size_t row) {
      EXPECT_EQ(p.u16(0, row), b.d);
      EXPECT_EQ(p.u16(2, row), b.m);
      for (std::size_t k = 0; k < 32; ++k) {
        EXPECT_EQ(p.nibble(4, row, k), source_nibble(b.qs, k));
      }
    });
  }
}

TEST(PackGroups, U5) {
  for (const std::size_t n_rows : {std::size_t{8}, std::size_t{16}}) {
    for_each_block<BlockQ5_0>(BlockType::kQ5_0, n_rows, [](const BlockQ5_0& b, PanelReader p, std::size_t row) {
      EXPECT_EQ(p.u16(0, row), b.d);
      for (std::size_t k = 0; k < 32; ++k) {
        EXPECT_EQ(p.fifth_bit(2, row, k), (b.qh[k / 8] >> (k % 8)) & 1);
        EXPECT_EQ(p.nibble(6, row, k), source_nibble(b.qs, k));
      }
    });
    for_each_block<BlockQ5_1>(BlockType::kQ5_1, n_rows, [](const BlockQ5_1& b, PanelReader p, std::size_t row) {
      EXPECT_EQ(p.u16(0, row), b.d);
      EXPECT_EQ(p.u16(2, row), b.m);
      for (std::size_t k = 0; k < 32; ++k) {
        EXPECT_EQ(p.fifth_bit(4, row, k), (b.qh[k / 8] >> (k % 8)) & 1);
        EXPECT_EQ(p.nibble(8, row, k), source_nibble(b.qs, k));
      }
    });
  }
}

TEST(PackGroups, I8) {
  for (const std::size_t n_rows : {std::size_t{8}, std::size_t{16}}) {
    for_each_block<BlockQ8_0>(BlockType::kQ8_0, n_rows, [](const BlockQ8_0& b, PanelReader p, std::size_t row) {
      EXPECT_EQ(p.u16(0, row), b.d);
      for (std::size_t k = 0; k < 32; ++k) {
        EXPECT_EQ(p.plane_byte(2, k / 4, row, k % 4), static_cast<std::uint8_t>(b.qs[k]));
      }
    });
  }
}

}  // namespace
}  // namespace hearth::quant::packed
