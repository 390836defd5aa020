#include <gtest/gtest.h>

#include <cstring>

#include "quant/packed/pack.h"
#include "quant/packed/panel_values.h"

namespace hearth::quant::packed {
namespace {

TEST(PackFloats, ColumnsHoldAllRowsSideBySide) {
  for (const BlockType type : {BlockType::kF32, BlockType::kF16, BlockType::kBf16}) {
    const auto size = static_cast<std::size_t>(quant::info(type).block_bytes);
    for (const std::size_t n_rows : {std::size_t{8}, std::size_t{16}}) {
      const std::size_t n_cols = 5;
      const auto source = random_bytes(n_rows * n_cols * size, 9);
      std::vector<const std::byte*> rows;
      for (std::size_t r = 0; r < n_rows; ++r) {
        rows.push_back(source.data() + r * n_cols * size);
      }
      std::vector<std::byte> panel(source.size());
      const auto plan = plan_matrix(type, 1, static_cast<std::int64_t>(n_cols), static_cast<std::int32_t>(n_rows));
      pack_panel(type, plan.value(), rows, panel.data());
      for (std::size_t r = 0; r < n_rows; ++r) {
        for (std::size_t k = 0; k < n_cols; ++k) {
          EXPECT_EQ(std::memcmp(&panel[(k * n_rows + r) * size], rows[r] + k * size, size), 0);
        }
      }
    }
  }
}

}  // namespace
}  // namespace hearth::quant::packed
