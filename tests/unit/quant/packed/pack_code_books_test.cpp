// Where the kinds with places in a code book keep the numbers of their blocks.
#include <gtest/gtest.h>

#include "quant/iq4_xs.h"
#include "quant/load_block.h"
#include "quant/mxfp4.h"
#include "quant/packed/pack.h"
#include "quant/packed/panel_values.h"
#include "quant/q4_0.h"

namespace hearth::quant::packed {
namespace {

// Packs n_rows random rows of two blocks and calls check(source block, its panel block, row).
template <typename Block, typename Check>
void for_each_block(BlockType type, Check check) {
  for (const std::size_t n_rows : {std::size_t{8}, std::size_t{16}}) {
    const auto source = random_bytes(2 * sizeof(Block) * n_rows, 6);
    std::vector<const std::byte*> rows;
    for (std::size_t r = 0; r < n_rows; ++r) {
      rows.push_back(source.data() + r * 2 * sizeof(Block));
    }
    const auto plan = plan_matrix(type, 1, 2 * quant::info(type).block_size, static_cast<std::int32_t>(n_rows)).value();
    std::vector<std::byte> panel(source.size());
    pack_panel(type, plan, rows, panel.data());
    for (std::size_t r = 0; r < n_rows; ++r) {
      for (std::size_t i = 0; i < 2; ++i) {
        check(load_block<Block>(rows[r], static_cast<std::int64_t>(i)),
              PanelReader{panel.data() + i * sizeof(Block) * n_rows, n_rows}, r);
      }
    }
  }
}

int source_nibble(const std::uint8_t* qs, std::size_t column) {
  return column < 16 ? qs[column] & 15 : qs[column - 16] >> 4;
}

TEST(PackCodeBooks, Iq4Nl) {
  for_each_block<BlockQ4_0>(BlockType::kIQ4_NL, [](const BlockQ4_0& b, PanelReader p, std::size_t row) {
    EXPECT_EQ(p.u16(0, row), b.d);
    for (std::size_t k = 0; k < 32; ++k) {
      EXPECT_EQ(p.nibble(2, row, k), source_nibble(b.qs, k));
    }
  });
}

TEST(PackCodeBooks, Mxfp4) {
  for_each_block<BlockMxfp4>(BlockType::kMxfp4, [](const BlockMxfp4& b, PanelReader p, std::size_t row) {
    EXPECT_EQ(p.byte_at(row), b.exponent);
    for (std::size_t k = 0; k < 32; ++k) {
      EXPECT_EQ(p.nibble(1, row, k), source_nibble(b.qs, k));
    }
  });
}

TEST(PackCodeBooks, Iq4Xs) {
  for_each_block<BlockIQ4_XS>(BlockType::kIQ4_XS, [](const BlockIQ4_XS& b, PanelReader p, std::size_t row) {
    EXPECT_EQ(p.u16(0, row), b.d);
    EXPECT_EQ(p.u16(2, row), b.scales_high);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(p.plane_byte(4, 0, row, i), b.scales_low[i]);
    }
    for (std::size_t e = 0; e < 256; ++e) {
      EXPECT_EQ(p.nibble(8 + 16 * (e / 32), row, e % 32), source_nibble(b.qs + 16 * (e / 32), e % 32));
    }
  });
}

}  // namespace
}  // namespace hearth::quant::packed
