// Where the blocks of ggml files of spring 2023 go: the kinds of today's encodings, scales of their own.
#include <gtest/gtest.h>

#include <cstring>

#include "quant/legacy.h"
#include "quant/load_block.h"
#include "quant/packed/pack.h"
#include "quant/packed/panel_values.h"
#include "quant/q5_0.h"
#include "quant/q5_1.h"

namespace hearth::quant::packed {
namespace {

// Packs n_rows random rows of two blocks and calls check(source block, its panel block, row).
template <typename Block, typename Check>
void for_each_block(BlockType type, PackedKind kind, Check check) {
  for (const std::size_t n_rows : {std::size_t{8}, std::size_t{16}}) {
    const auto source = random_bytes(2 * sizeof(Block) * n_rows, 8);
    std::vector<const std::byte*> rows;
    for (std::size_t r = 0; r < n_rows; ++r) {
      rows.push_back(source.data() + r * 2 * sizeof(Block));
    }
    const auto plan = plan_matrix(type, 1, 64, static_cast<std::int32_t>(n_rows)).value();
    EXPECT_EQ(plan.kind, kind);
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

std::uint32_t f32_bits(const PanelReader& p, std::size_t offset, std::size_t row) {
  std::uint32_t bits;
  std::memcpy(&bits, p.panel + offset * p.n_rows + 4 * row, sizeof(bits));
  return bits;
}

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

int paired(const std::uint8_t* qs, std::size_t k) {
  return (qs[k / 2] >> (4 * (k % 2))) & 15;
}

int split(const std::uint8_t* qs, std::size_t k) {
  return (qs[k % 16] >> (4 * (k / 16))) & 15;
}

TEST(PackLegacy, FourBits) {
  for (const bool is_first : {true, false}) {
    const auto type = is_first ? BlockType::kQ4_0Gen1 : BlockType::kQ4_0Gen2;
    for_each_block<BlockScale4>(type, PackedKind::kU4ScaleF32,
                                [&](const BlockScale4& b, const PanelReader& p, std::size_t row) {
                                  EXPECT_EQ(f32_bits(p, 0, row), bits_of(b.d));
                                  for (std::size_t k = 0; k < 32; ++k) {
                                    EXPECT_EQ(p.nibble(4, row, k), is_first ? paired(b.qs, k) : split(b.qs, k));
                                  }
                                });
  }
}

TEST(PackLegacy, FourBitsWithMinimum) {
  for (const bool is_first : {true, false}) {
    const auto type = is_first ? BlockType::kQ4_1Gen1 : BlockType::kQ4_1Gen2;
    for_each_block<BlockScaleMin4>(type, PackedKind::kU4ScaleMinF32,
                                   [&](const BlockScaleMin4& b, const PanelReader& p, std::size_t row) {
                                     EXPECT_EQ(f32_bits(p, 0, row), bits_of(b.d));
                                     EXPECT_EQ(f32_bits(p, 4, row), bits_of(b.m));
                                     for (std::size_t k = 0; k < 32; ++k) {
                                       EXPECT_EQ(p.nibble(8, row, k), is_first ? paired(b.qs, k) : split(b.qs, k));
                                     }
                                   });
  }
}

TEST(PackLegacy, FiveBits) {
  for_each_block<BlockQ5_0>(BlockType::kQ5_0Gen1, PackedKind::kU5Scale,
                            [](const BlockQ5_0& b, const PanelReader& p, std::size_t row) {
                              EXPECT_EQ(p.u16(0, row), b.d);
                              for (std::size_t k = 0; k < 32; ++k) {
                                EXPECT_EQ(p.fifth_bit(2, row, k), (b.qh[k / 8] >> (k % 8)) & 1);
                                EXPECT_EQ(p.nibble(6, row, k), paired(b.qs, k));
                              }
                            });
  for_each_block<BlockQ5_1>(BlockType::kQ5_1Gen1, PackedKind::kU5ScaleMin,
                            [](const BlockQ5_1& b, const PanelReader& p, std::size_t row) {
                              EXPECT_EQ(p.u16(0, row), b.d);
                              EXPECT_EQ(p.u16(2, row), b.m);
                              for (std::size_t k = 0; k < 32; ++k) {
                                EXPECT_EQ(p.fifth_bit(4, row, k), (b.qh[k / 8] >> (k % 8)) & 1);
                                EXPECT_EQ(p.nibble(8, row, k), paired(b.qs, k));
                              }
                            });
}

TEST(PackLegacy, EightBits) {
  for_each_block<BlockScale8>(BlockType::kQ8_0Gen1, PackedKind::kI8ScaleF32,
                              [](const BlockScale8& b, const PanelReader& p, std::size_t row) {
                                EXPECT_EQ(f32_bits(p, 0, row), bits_of(b.d));
                                for (std::size_t k = 0; k < 32; ++k) {
                                  EXPECT_EQ(p.plane_byte(4, k / 4, row, k % 4), static_cast<std::uint8_t>(b.qs[k]));
                                }
                              });
}

}  // namespace
}  // namespace hearth::quant::packed
