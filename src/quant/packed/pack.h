// Packing: which packed kind an encoding folds into, and the fold itself.
//
// A panel holds panel_rows rows; its blocks follow one another, each with the scales of all rows first and then their
// bit planes (planes.h and the header of each kind). The fold only moves bits, so it is a bijection and a panel is
// exactly as large as its source rows. Called by the model loader through kernels/kernels.h; the way back is
// unpack_row of every ISA level, checked bit for bit against the oracles of quant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "quant/block_type.h"
#include "quant/packed/packed_matrix.h"

namespace hearth::quant::packed {

struct PackedKindInfo {
  const char* name;
  PackedKind kind;
  std::int32_t block_cols;  // columns per block; of the kinds that are decoded or grouped, of an activation block
};

const PackedKindInfo& info(PackedKind kind);

// Folds one block of each row into a panel. rows[i]: encoded row i, null for a row of zeroes; block_index: which block.
struct PackBlock {
  std::span<const std::byte* const> rows;
  std::int64_t block_index = 0;
  std::byte* out = nullptr;  // the source's block bytes * rows.size(), zeroed
};
void pack_block_u4_scale(const PackBlock& block);
void pack_block_u4_scale_min(const PackBlock& block);
void pack_block_u5_scale(const PackBlock& block);
void pack_block_u5_scale_min(const PackBlock& block);
void pack_block_i8_scale(const PackBlock& block);
void pack_block_q2_k(const PackBlock& block);
void pack_block_q3_k(const PackBlock& block);
void pack_block_q4_k(const PackBlock& block);
void pack_block_q5_k(const PackBlock& block);
void pack_block_q6_k(const PackBlock& block);
void pack_block_iq4_nl(const PackBlock& block);
void pack_block_mxfp4(const PackBlock& block);
void pack_block_iq4_xs(const PackBlock& block);
void pack_block_q4_0_gen1(const PackBlock& block);
void pack_block_q4_0_gen2(const PackBlock& block);
void pack_block_q4_1_gen1(const PackBlock& block);
void pack_block_q4_1_gen2(const PackBlock& block);
void pack_block_q5_0_gen1(const PackBlock& block);
void pack_block_q5_1_gen1(const PackBlock& block);
void pack_block_q8_0_gen1(const PackBlock& block);
void pack_block_f32(const PackBlock& block);
void pack_block_16_bit(const PackBlock& block);  // F16 and BF16

// Kind and extents of n_rows × n_cols weights of an encoding in panels of panel_rows; its data is still to be packed.
// Nothing if n_cols is not a multiple of the encoding's block. Every encoding has a kind.
std::optional<PackedMatrix> plan_matrix(BlockType type, std::int64_t n_rows, std::int64_t n_cols,
                                        std::int32_t panel_rows);

// Packs plan.panel_rows source rows of the encoding that was planned into one panel of plan.panel_bytes.
void pack_panel(BlockType type, const PackedMatrix& plan, std::span<const std::byte* const> rows, std::byte* panel);

}  // namespace hearth::quant::packed
