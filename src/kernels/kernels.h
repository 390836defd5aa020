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

// The packed kind an encoding folds into; nullopt when no kernel reads it.
std::optional<PackedKind> packed_kind(quant::BlockType type);

// Inputs per block: n_cols of a matrix must be a multiple.
std::int64_t packed_block_cols(PackedKind kind);
std::int64_t packed_panel_bytes(PackedKind kind, std::int64_t n_cols, std::int32_t panel_rows);

// Packs panel_rows source rows into one panel. rows[i] points to the encoded row, null for a row of zeroes (padding).
void pack_panel(quant::BlockType type, std::span<const std::byte* const> rows, std::int64_t n_cols, std::byte* panel);

}  // namespace hearth::kernels
