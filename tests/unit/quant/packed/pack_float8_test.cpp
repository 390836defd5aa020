#include "quant/packed/pack_float8.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "quant/packed/panel_values.h"

namespace hearth::quant::packed {
namespace {

TEST(PackFloat8, ScaleRowsComeFirstThenColumns) {
  const std::size_t n_cols = 5;
  const auto source = random_bytes(7 * n_cols, 2);
  std::vector<Float8Row> rows(8);
  for (std::size_t i = 0; i < 7; ++i) {
    rows[i] = {source.data() + i * n_cols, static_cast<std::int32_t>(10 + i)};
  }
  std::vector<std::byte> panel(static_cast<std::size_t>(float8_panel_bytes(5, 8)), std::byte{0xA5});
  ASSERT_EQ(panel.size(), 8 * (4 + n_cols));
  pack_float8_panel(rows, 5, panel.data());
  for (std::size_t i = 0; i < 8; ++i) {
    std::int32_t scale_row;
    std::memcpy(&scale_row, panel.data() + 4 * i, 4);
    EXPECT_EQ(scale_row, i < 7 ? static_cast<std::int32_t>(10 + i) : 0);
    for (std::size_t k = 0; k < n_cols; ++k) {
      EXPECT_EQ(panel[32 + k * 8 + i], i < 7 ? source[i * n_cols + k] : std::byte{0});
    }
  }
}

}  // namespace
}  // namespace hearth::quant::packed
