#include "quant/packed/pack.h"

#include <array>
#include <cstring>

#include "base/check.h"

namespace hearth::quant::packed {
namespace {

// In the order of PackedKind.
constexpr std::array kKinds{
    PackedKindInfo{"F32", PackedKind::kF32, 1},
    PackedKindInfo{"F16", PackedKind::kF16, 1},
    PackedKindInfo{"BF16", PackedKind::kBf16, 1},
    PackedKindInfo{"U4Scale", PackedKind::kU4Scale, 32},
    PackedKindInfo{"U4ScaleMin", PackedKind::kU4ScaleMin, 32},
    PackedKindInfo{"U5Scale", PackedKind::kU5Scale, 32},
    PackedKindInfo{"U5ScaleMin", PackedKind::kU5ScaleMin, 32},
    PackedKindInfo{"I8Scale", PackedKind::kI8Scale, 32},
    PackedKindInfo{"U4ScaleF32", PackedKind::kU4ScaleF32, 32},
    PackedKindInfo{"U4ScaleMinF32", PackedKind::kU4ScaleMinF32, 32},
    PackedKindInfo{"I8ScaleF32", PackedKind::kI8ScaleF32, 32},
    PackedKindInfo{"Q2K", PackedKind::kQ2K, 256},
    PackedKindInfo{"Q3K", PackedKind::kQ3K, 256},
    PackedKindInfo{"Q4K", PackedKind::kQ4K, 256},
    PackedKindInfo{"Q5K", PackedKind::kQ5K, 256},
    PackedKindInfo{"Q6K", PackedKind::kQ6K, 256},
    PackedKindInfo{"Iq4Nl", PackedKind::kIq4Nl, 32},
    PackedKindInfo{"Mxfp4", PackedKind::kMxfp4, 32},
    PackedKindInfo{"Iq4Xs", PackedKind::kIq4Xs, 256},
    PackedKindInfo{"Grouped", PackedKind::kGrouped, 32},
    PackedKindInfo{"F8E4M3", PackedKind::kF8E4M3, 1},
    PackedKindInfo{"F8E5M2", PackedKind::kF8E5M2, 1},
    PackedKindInfo{"Decoded", PackedKind::kDecoded, 1},
    PackedKindInfo{"DecodedIntegers", PackedKind::kDecodedIntegers, 32},
};
static_assert(kKinds.size() == static_cast<std::size_t>(PackedKind::kCount));

// An encoding that alone folds into a kind.
struct Fold {
  BlockType source;
  PackedKind kind;
  void (*pack_block)(const PackBlock& block);
};

constexpr std::array kFolds{
    Fold{BlockType::kF32, PackedKind::kF32, pack_block_f32},
    Fold{BlockType::kF16, PackedKind::kF16, pack_block_16_bit},
    Fold{BlockType::kBf16, PackedKind::kBf16, pack_block_16_bit},
    Fold{BlockType::kQ4_0, PackedKind::kU4Scale, pack_block_u4_scale},
    Fold{BlockType::kQ4_1, PackedKind::kU4ScaleMin, pack_block_u4_scale_min},
    Fold{BlockType::kQ5_0, PackedKind::kU5Scale, pack_block_u5_scale},
    Fold{BlockType::kQ5_1, PackedKind::kU5ScaleMin, pack_block_u5_scale_min},
    Fold{BlockType::kQ8_0, PackedKind::kI8Scale, pack_block_i8_scale},
    Fold{BlockType::kQ4_0Gen1, PackedKind::kU4ScaleF32, pack_block_q4_0_gen1},
    Fold{BlockType::kQ4_0Gen2, PackedKind::kU4ScaleF32, pack_block_q4_0_gen2},
    Fold{BlockType::kQ4_1Gen1, PackedKind::kU4ScaleMinF32, pack_block_q4_1_gen1},
    Fold{BlockType::kQ4_1Gen2, PackedKind::kU4ScaleMinF32, pack_block_q4_1_gen2},
    Fold{BlockType::kQ5_0Gen1, PackedKind::kU5Scale, pack_block_q5_0_gen1},
    Fold{BlockType::kQ5_1Gen1, PackedKind::kU5ScaleMin, pack_block_q5_1_gen1},
    Fold{BlockType::kQ8_0Gen1, PackedKind::kI8ScaleF32, pack_block_q8_0_gen1},
    Fold{BlockType::kQ2_K, PackedKind::kQ2K, pack_block_q2_k},
    Fold{BlockType::kQ3_K, PackedKind::kQ3K, pack_block_q3_k},
    Fold{BlockType::kQ4_K, PackedKind::kQ4K, pack_block_q4_k},
    Fold{BlockType::kQ5_K, PackedKind::kQ5K, pack_block_q5_k},
    Fold{BlockType::kQ6_K, PackedKind::kQ6K, pack_block_q6_k},
    Fold{BlockType::kIQ4_NL, PackedKind::kIq4Nl, pack_block_iq4_nl},
    Fold{BlockType::kMxfp4, PackedKind::kMxfp4, pack_block_mxfp4},
    Fold{BlockType::kIQ4_XS, PackedKind::kIq4Xs, pack_block_iq4_xs},
};

const Fold* find_fold(BlockType type) {
  for (const Fold& fold : kFolds) {
    if (fold.source == type) {
      return &fold;
    }
  }
  return nullptr;
}

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
  return kKinds[static_cast<std::size_t>(kind)];
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
  if (const Fold* fold = find_fold(type)) {
    plan.kind = fold->kind;
  } else {
    plan.decoder = decoder_of(source, n_cols);
    plan.kind = plan.decoder.to_integers != nullptr ? PackedKind::kDecodedIntegers : PackedKind::kDecoded;
  }
  return plan;
}

void pack_panel(BlockType type, const PackedMatrix& plan, std::span<const std::byte* const> rows, std::byte* panel) {
  HEARTH_CHECK(static_cast<std::int64_t>(rows.size()) == plan.panel_rows, "a panel has as many rows as was planned");
  std::memset(panel, 0, static_cast<std::size_t>(plan.panel_bytes));
  const Fold* fold = find_fold(type);
  if (fold == nullptr) {
    HEARTH_CHECK(plan.decoder.to_floats != nullptr, "the matrix was planned for another encoding");
    interleave_blocks(plan, rows, panel);
    return;
  }
  HEARTH_CHECK(fold->kind == plan.kind, "the matrix was planned for another encoding");
  const std::int64_t block_bytes = std::int64_t{quant::info(type).block_bytes} * plan.panel_rows;
  for (std::int64_t i = 0; i < plan.n_cols / quant::info(type).block_size; ++i) {
    fold->pack_block({rows, i, panel + i * block_bytes});
  }
}

}  // namespace hearth::quant::packed
