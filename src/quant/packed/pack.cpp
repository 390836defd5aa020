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
    KindRow{{"Decoded", PackedKind::kDecoded, std::nullopt, 1, 0}, nullptr},
    KindRow{{"DecodedIntegers", PackedKind::kDecodedIntegers, std::nullopt, 32, 0}, nullptr},
};
static_assert(kKinds.size() == static_cast<std::size_t>(PackedKind::kCount));

BlockDecoder decoder_of(const BlockTypeInfo& source, std::int64_t n_cols) {
  BlockDecoder decoder{source.dequantize_row, source.decode_integers, source.block_size, source.block_bytes};
  // Integer dot products take 32 columns.
  if (decoder.to_integers != nullptr && n_cols % 32 == 0) {
    return decoder;
  }
  decoder.to_integers = nullptr;
  // A call per number would cost more than the number.
  while (decoder.block_cols < 32 && n_cols % (2 * decoder.block_cols) == 0) {
    decoder.block_cols *= 2;
    decoder.block_bytes *= 2;
  }
  return decoder;
}

// The panel of a kind that is decoded as it is read.
void interleave_blocks(const PackedMatrix& plan, std::span<const std::byte* const> rows, std::byte* panel) {
  const auto block_bytes = static_cast<std::size_t>(plan.decoder.block_bytes);
  for (std::int64_t i = 0; i < plan.n_cols / plan.decoder.block_cols; ++i) {
    for (const std::byte* row : rows) {
      if (row != nullptr) {
        std::memcpy(panel, row + static_cast<std::size_t>(i) * block_bytes, block_bytes);
      }
      panel += block_bytes;
    }
  }
}

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

std::optional<PackedMatrix> plan_matrix(BlockType type, std::int64_t n_rows, std::int64_t n_cols,
                                        std::int32_t panel_rows) {
  const BlockTypeInfo& source = quant::info(type);
  if (n_cols % source.block_size != 0) {
    return std::nullopt;
  }
  PackedMatrix plan;
  plan.panel_rows = panel_rows;
  plan.n_rows = n_rows;
  plan.n_cols = n_cols;
  plan.panel_bytes = row_bytes(type, n_cols) * panel_rows;
  if (const auto kind = kind_of(type)) {
    plan.kind = *kind;
  } else {
    plan.decoder = decoder_of(source, n_cols);
    plan.kind = plan.decoder.to_integers != nullptr ? PackedKind::kDecodedIntegers : PackedKind::kDecoded;
  }
  return plan;
}

void pack_panel(const PackedMatrix& plan, std::span<const std::byte* const> rows, std::byte* panel) {
  HEARTH_CHECK(static_cast<std::int64_t>(rows.size()) == plan.panel_rows, "a panel has as many rows as was planned");
  std::memset(panel, 0, static_cast<std::size_t>(plan.panel_bytes));
  const KindRow& row = kKinds[static_cast<std::size_t>(plan.kind)];
  if (row.pack_block == nullptr) {
    HEARTH_CHECK(plan.decoder.to_floats != nullptr, "kinds of several tensors have packers of their own");
    interleave_blocks(plan, rows, panel);
    return;
  }
  const std::int64_t n_blocks = plan.n_cols / row.info.block_cols;
  const std::int64_t block_bytes = std::int64_t{row.info.block_row_bytes} * plan.panel_rows;
  for (std::int64_t i = 0; i < n_blocks; ++i) {
    row.pack_block({rows, i, panel + i * block_bytes});
  }
}

}  // namespace hearth::quant::packed
