// QuantizedSource: a matrix that a checkpoint keeps as several tensors (codes, scales, zeros, …), ready for packing.
//
// find_quantized() in quantized_tensors.h makes one for a linear whose tensors it has checked; the packer asks it for
// extents, for the table that lies beside the panels, and for panels. A source points into the checkpoint.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/checkpoint.h"
#include "kernels/kernel_table.h"

namespace hearth::model {

// No source row: a row of zeroes at the end of the last panel.
inline constexpr std::int64_t kNoRow = -1;

class QuantizedSource {
 public:
  QuantizedSource() = default;
  QuantizedSource(const QuantizedSource&) = delete;
  QuantizedSource& operator=(const QuantizedSource&) = delete;
  virtual ~QuantizedSource() = default;

  // Sets kind, n_cols and panel_bytes of a matrix whose panel_rows is set.
  virtual void plan(kernels::PackedMatrix& matrix) const = 0;
  // Bytes of the table that all panels share, and the table itself, whose place the matrix is told.
  virtual std::size_t table_bytes() const = 0;
  virtual void write_table(kernels::PackedMatrix& matrix, std::byte* table) const = 0;
  // Packs the given rows of the source, panel_rows of them, kNoRow where there is none. Several threads may call it.
  virtual void pack_panel(const kernels::PackedMatrix& matrix, std::span<const std::int64_t> rows,
                          std::byte* panel) const = 0;

  // Which input each packed column reads; empty: column k reads input k.
  virtual std::span<const std::int32_t> input_order() const { return {}; }

  // The tensors that it reads.
  std::span<const formats::TensorView* const> tensors() const { return tensors_; }

 protected:
  std::vector<const formats::TensorView*> tensors_;
};

}  // namespace hearth::model
