// Packing of integers in groups of columns: the layout of a panel, and filling one.
//
// The codes of a matrix come from several tensors in a way of each format's own, so a source (model/grouped_source.h)
// takes them apart and hands over the rows of one panel as plain numbers; here they are put where grouped.h reads them.
// Called by the model loader; unpack_row of every ISA level is the way back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quant/packed/packed_matrix.h"

namespace hearth::quant::packed {

// Columns with one number of bits; n_cols is a multiple of 32.
struct ColumnGroup {
  std::int64_t n_cols = 0;
  std::int32_t bits = 0;
  float factor = 1.0F;  // of GroupScale::kTwoLevel
};

// Sets the offsets of `groups` (as many as `columns`) within a panel of `rows` rows and returns the bytes of a panel.
// Reads scale and zero kinds and panel_rows of the matrix; sets its n_cols, n_groups and panel_bytes.
void lay_out_groups(std::span<const ColumnGroup> columns, std::span<PackedGroup> groups, PackedMatrix& matrix);

// The rows of one panel as plain numbers; [panel_rows] everywhere, rows beyond the matrix are zeroes.
struct GroupedPanel {
  std::vector<std::uint8_t> codes;    // [panel_rows, n_cols], unsigned
  std::vector<std::uint32_t> scales;  // [panel_rows, n_groups], the bits as GroupScale says
  std::vector<std::uint16_t> zeros;   // [panel_rows, n_groups], codes or the bits of an f16; unused with kMiddle

  // Makes room for the panels of a matrix and clears it.
  void reset(const PackedMatrix& matrix);
};

// Writes panel_bytes bytes.
void pack_grouped_panel(const PackedMatrix& matrix, const GroupedPanel& source, std::byte* panel);

}  // namespace hearth::quant::packed
