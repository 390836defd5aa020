// The public door of kernels: the table of a level, and packing of matrices for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "cpu/isa.h"
#include "kernels/kernel_table.h"
#include "quant/block_type.h"

namespace hearth::kernels {

const KernelTable& kernel_table(cpu::IsaLevel level);

// Kind and extents of n_rows × n_cols weights of an encoding, packed for a level with panels of panel_rows; its data is
// still to be packed. Nothing if n_cols is not a multiple of the encoding's block: every encoding has kernels.
std::optional<PackedMatrix> plan_matrix(quant::BlockType type, std::int64_t n_rows, std::int64_t n_cols,
                                        std::int32_t panel_rows);

// Packs plan.panel_rows source rows of the encoding that was planned into one panel of plan.panel_bytes. rows[i] points
// to the encoded row, null for a row of zeroes (padding).
void pack_panel(quant::BlockType type, const PackedMatrix& plan, std::span<const std::byte* const> rows,
                std::byte* panel);

}  // namespace hearth::kernels
