// Packing of 8-bit floats: the layout of a panel, and filling one.
//
// Called by the model loader for FP8 tensors, see float8.h for the layout; unpack_row is the way back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "quant/packed/packed_matrix.h"

namespace hearth::quant::packed {

std::int64_t float8_panel_bytes(std::int64_t n_cols, std::int32_t panel_rows);

// One source row: its bytes (null: a row of zeroes) and its row in PackedMatrix::scales.
struct Float8Row {
  const std::byte* bytes = nullptr;
  std::int32_t scale_row = 0;
};

// Packs rows.size() rows of n_cols into float8_panel_bytes bytes.
void pack_float8_panel(std::span<const Float8Row> rows, std::int64_t n_cols, std::byte* panel);

}  // namespace hearth::quant::packed
