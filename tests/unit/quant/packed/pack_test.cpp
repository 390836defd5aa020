#include "quant/packed/pack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "quant/packed/panel_values.h"

namespace hearth::quant::packed {
namespace {

constexpr int kKinds = static_cast<int>(PackedKind::kCount);

TEST(Pack, EveryKindHasOneEncodingOfTheSameSize) {
  std::set<BlockType> sources;
  for (int i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<PackedKind>(i);
    const PackedKindInfo& row = info(kind);
    EXPECT_EQ(row.kind, kind) << row.name;
    if (!row.source) {
      continue;
    }
    EXPECT_EQ(row.block_cols, quant::info(*row.source).block_size) << row.name;
    EXPECT_EQ(row.block_row_bytes, quant::info(*row.source).block_bytes) << row.name;
    EXPECT_EQ(kind_of(*row.source), kind) << row.name;
    EXPECT_TRUE(sources.insert(*row.source).second) << row.name;
  }
  EXPECT_EQ(kind_of(BlockType::kQ3_K), std::nullopt);
}

// Only bits move: a panel holds as many set bits as its rows, and a different row gives a different panel.
TEST(Pack, FoldsKeepEveryBit) {
  const auto n_set = [](const std::vector<std::byte>& bytes) {
    std::int64_t n = 0;
    for (const std::byte byte : bytes) {
      n += __builtin_popcount(static_cast<unsigned>(byte));
    }
    return n;
  };
  for (int i = 0; i < kKinds; ++i) {
    const PackedKindInfo& row = info(static_cast<PackedKind>(i));
    if (!row.source) {
      continue;
    }
    const auto block_bytes = static_cast<std::size_t>(row.block_row_bytes);
    for (const std::size_t n_rows : {std::size_t{8}, std::size_t{16}}) {
      auto source = random_bytes(3 * block_bytes * n_rows, 7);
      const auto pack = [&] {
        std::vector<const std::byte*> rows;
        for (std::size_t r = 0; r < n_rows; ++r) {
          rows.push_back(source.data() + r * 3 * block_bytes);
        }
        std::vector<std::byte> panel(source.size());
        pack_panel(row.kind, rows, 3 * row.block_cols, panel.data());
        return panel;
      };
      const auto panel = pack();
      EXPECT_EQ(n_set(panel), n_set(source)) << row.name;
      for (std::size_t bit = 0; bit < 8 * source.size(); bit += 37) {
        source[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        EXPECT_NE(pack(), panel) << row.name << " bit " << bit;
        source[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      }
    }
  }
}

TEST(Pack, MissingRowsAreZeroes) {
  for (int i = 0; i < kKinds; ++i) {
    const PackedKindInfo& row = info(static_cast<PackedKind>(i));
    if (!row.source) {
      continue;
    }
    const std::vector<const std::byte*> rows(8, nullptr);
    std::vector<std::byte> panel(static_cast<std::size_t>(8 * row.block_row_bytes), std::byte{0xA5});
    pack_panel(row.kind, rows, row.block_cols, panel.data());
    EXPECT_TRUE(std::all_of(panel.begin(), panel.end(), [](std::byte b) { return b == std::byte{0}; })) << row.name;
  }
}

}  // namespace
}  // namespace hearth::quant::packed
