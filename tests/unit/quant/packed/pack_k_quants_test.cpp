// Where the kinds with super-blocks of 256 keep the numbers of their blocks.
#include <gtest/gtest.h>

#include "quant/load_block.h"
#include "quant/packed/pack.h"
#include "quant/packed/panel_values.h"
#include "quant/q2_k.h"
#include "quant/q3_k.h"
#include "quant/q4_k.h"
#include "quant/q5_k.h"
#include "quant/q6_k.h"

namespace hearth::quant::packed {
namespace {

// Packs n_rows random rows of two blocks and calls check(source block, its panel block, row).
template <typename Block, typename Check>
void for_each_block(BlockType type, Check check) {
  for (const std::size_t n_rows : {std::size_t{8}, std::size_t{16}}) {
    const auto source = random_bytes(2 * sizeof(Block) * n_rows, 5);
    std::vector<const std::byte*> rows;
    for (std::size_t r = 0; r < n_rows; ++r) {
      rows.push_back(source.data() + r * 2 * sizeof(Block));
    }
    std::vector<std::byte> panel(source.size());
    pack_panel(type, plan_matrix(type, 1, 512, static_cast<std::int32_t>(n_rows)).value(), rows, panel.data());
    for (std::size_t r = 0; r < n_rows; ++r) {
      for (std::size_t i = 0; i < 2; ++i) {
        check(load_block<Block>(rows[r], static_cast<std::int64_t>(i)),
              PanelReader{panel.data() + i * sizeof(Block) * n_rows, n_rows}, r);
      }
    }
  }
}

TEST(PackKQuants, Q2K) {
  for_each_block<BlockQ2_K>(BlockType::kQ2_K, [](const BlockQ2_K& b, PanelReader p, std::size_t row) {
    EXPECT_EQ(p.u16(0, row), b.d);
    EXPECT_EQ(p.u16(2, row), b.dmin);
    for (std::size_t s = 0; s < 16; ++s) {
      EXPECT_EQ(p.plane_byte(4, s / 4, row, s % 4), b.scales[s]);
    }
    for (std::size_t e = 0; e < 256; ++e) {
      EXPECT_EQ(p.pair(20 + 8 * (e / 32), row, e % 32), (b.qs[32 * (e / 128) + e % 32] >> (2 * (e % 128 / 32))) & 3);
    }
  });
}

TEST(PackKQuants, Q3K) {
  for_each_block<BlockQ3_K>(BlockType::kQ3_K, [](const BlockQ3_K& b, PanelReader p, std::size_t row) {
    EXPECT_EQ(p.u16(0, row), b.d);
    for (std::size_t s = 0; s < 12; ++s) {
      EXPECT_EQ(p.plane_byte(2, s / 4, row, s % 4), b.scales[s]);
    }
    for (std::size_t e = 0; e < 256; ++e) {
      EXPECT_EQ(p.fifth_bit(14 + 12 * (e / 32), row, e % 32), (b.hmask[e % 32] >> (e / 32)) & 1);
      EXPECT_EQ(p.pair(18 + 12 * (e / 32), row, e % 32), (b.qs[32 * (e / 128) + e % 32] >> (2 * (e % 128 / 32))) & 3);
    }
  });
}

TEST(PackKQuants, Q4K) {
  for_each_block<BlockQ4_K>(BlockType::kQ4_K, [](const BlockQ4_K& b, PanelReader p, std::size_t row) {
    EXPECT_EQ(p.u16(0, row), b.d);
    EXPECT_EQ(p.u16(2, row), b.dmin);
    for (std::size_t s = 0; s < 12; ++s) {
      EXPECT_EQ(p.plane_byte(4, s / 4, row, s % 4), b.scales[s]);
    }
    for (std::size_t e = 0; e < 256; ++e) {
      const int q = (b.qs[32 * (e / 64) + e % 32] >> (4 * (e / 32 % 2))) & 15;
      EXPECT_EQ(p.nibble(16 + 16 * (e / 32), row, e % 32), q);
    }
  });
}

TEST(PackKQuants, Q5K) {
  for_each_block<BlockQ5_K>(BlockType::kQ5_K, [](const BlockQ5_K& b, PanelReader p, std::size_t row) {
    EXPECT_EQ(p.u16(0, row), b.d);
    EXPECT_EQ(p.u16(2, row), b.dmin);
    for (std::size_t s = 0; s < 12; ++s) {
      EXPECT_EQ(p.plane_byte(4, s / 4, row, s % 4), b.scales[s]);
    }
    for (std::size_t e = 0; e < 256; ++e) {
      const int q = (b.qs[32 * (e / 64) + e % 32] >> (4 * (e / 32 % 2))) & 15;
      EXPECT_EQ(p.fifth_bit(16 + 4 * (e / 32), row, e % 32), (b.qh[e % 32] >> (e / 32)) & 1);
      EXPECT_EQ(p.nibble(48 + 16 * (e / 32), row, e % 32), q);
    }
  });
}

TEST(PackKQuants, Q6K) {
  for_each_block<BlockQ6_K>(BlockType::kQ6_K, [](const BlockQ6_K& b, PanelReader p, std::size_t row) {
    EXPECT_EQ(p.u16(0, row), b.d);
    for (std::size_t s = 0; s < 16; ++s) {
      EXPECT_EQ(p.plane_byte(2, s / 4, row, s % 4), static_cast<std::uint8_t>(b.scales[s]));
    }
    for (std::size_t e = 0; e < 256; ++e) {
      const std::size_t c = e / 128;
      const std::size_t j = e % 128 / 32;
      const std::size_t l = e % 32;
      EXPECT_EQ(p.pair(18 + 24 * (e / 32), row, l), (b.qh[32 * c + l] >> (2 * j)) & 3);
      EXPECT_EQ(p.nibble(26 + 24 * (e / 32), row, l), (b.ql[64 * c + 32 * (j & 1) + l] >> (4 * (j >> 1))) & 15);
    }
  });
}

}  // namespace
}  // namespace hearth::quant::packed
