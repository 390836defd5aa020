#include "quant/packed/pack_float8.h"

#include <cstring>

namespace hearth::quant::packed {

std::int64_t float8_panel_bytes(std::int64_t n_cols, std::int32_t panel_rows) {
  return (static_cast<std::int64_t>(sizeof(std::int32_t)) + n_cols) * panel_rows;
}

void pack_float8_panel(std::span<const Float8Row> rows, std::int64_t n_cols, std::byte* panel) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::memcpy(panel + row * sizeof(std::int32_t), &rows[row].scale_row, sizeof(std::int32_t));
  }
  std::byte* out = panel + rows.size() * sizeof(std::int32_t);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t k = 0; k < static_cast<std::size_t>(n_cols); ++k) {
      out[k * rows.size() + row] = rows[row].bytes != nullptr ? rows[row].bytes[k] : std::byte{0};
    }
  }
}

}  // namespace hearth::quant::packed
