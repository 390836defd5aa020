#include "quant/packed/pack.h"

#include <array>
#include <cstring>

#include "base/check.h"

namespace hearth::quant::packed {
namespace {

struct KindRow {
  PackedKindInfo info;
  void (*pack_block)(const PackBlock& block);
};

// In the order of PackedKind.
constexpr std::array kKinds{
    KindRow{{"F32", PackedKind::kF32, BlockType::kF32, 1, 4}, pack_block_f32},
    KindRow{{"F16", PackedKind::kF16, BlockType::kF16, 1, 2}, pack_block_16_bit},
    KindRow{{"BF16", PackedKind::kBf16, BlockType::kBf16, 1, 2}, pack_block_16_bit},
    KindRow{{"U4Scale", PackedKind::kU4Scale, BlockType::kQ4_0, 32, 18}, pack_block_u4_scale},
    KindRow{{"U4ScaleMin", PackedKind::kU4ScaleMin, BlockType::kQ4_1, 32, 20}, pack_block_u4_scale_min},
    KindRow{{"U5Scale", PackedKind::kU5Scale, BlockType::kQ5_0, 32, 22}, pack_block_u5_scale},
    KindRow{{"U5ScaleMin", PackedKind::kU5ScaleMin, BlockType::kQ5_1, 32, 24}, pack_block_u5_scale_min},
    KindRow{{"I8Scale", PackedKind::kI8Scale, BlockType::kQ8_0, 32, 34}, pack_block_i8_scale},
    KindRow{{"Q2K", PackedKind::kQ2K, BlockType::kQ2_K, 256, 84}, pack_block_q2_k},
    KindRow{{"Q4K", PackedKind::kQ4K, BlockType::kQ4_K, 256, 144}, pack_block_q4_k},
    KindRow{{"Q5K", PackedKind::kQ5K, BlockType::kQ5_K, 256, 176}, pack_block_q5_k},
    KindRow{{"Q6K", PackedKind::kQ6K, BlockType::kQ6_K, 256, 210}, pack_block_q6_k},
    KindRow{{"Grouped", PackedKind::kGrouped, std::nullopt, 32, 0}, nullptr},
    KindRow{{"F8E4M3", PackedKind::kF8E4M3, std::nullopt, 1, 1}, nullptr},
    KindRow{{"F8E5M2", PackedKind::kF8E5M2, std::nullopt, 1, 1}, nullptr},
};
static_assert(kKinds.size() == static_cast<std::size_t>(PackedKind::kCount));

}  // namespace

const PackedKindInfo& info(PackedKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].info;
}

std::optional<PackedKind> kind_of(BlockType type) {
  for (const KindRow& row : kKinds) {
    if (row.info.source == type) {
      return row.info.kind;
    }
  }
  return std::nullopt;
}

void pack_panel(PackedKind kind, std::span<const std::byte* const> rows, std::int64_t n_cols, std::byte* panel) {
  const KindRow& row = kKinds[static_cast<std::size_t>(kind)];
  HEARTH_CHECK(row.pack_block != nullptr, "kinds of several tensors have packers of their own");
  HEARTH_CHECK(n_cols % row.info.block_cols == 0, "rows hold whole blocks");
  const std::int64_t n_blocks = n_cols / row.info.block_cols;
  const std::int64_t block_bytes = row.info.block_row_bytes * static_cast<std::int64_t>(rows.size());
  std::memset(panel, 0, static_cast<std::size_t>(n_blocks * block_bytes));
  for (std::int64_t i = 0; i < n_blocks; ++i) {
    row.pack_block({rows, i, panel + i * block_bytes});
  }
}

}  // namespace hearth::quant::packed
