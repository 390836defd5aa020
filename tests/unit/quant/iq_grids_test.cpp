#include "quant/iq_grids.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace hearth::quant {
namespace {

std::vector<char> read_table(const std::string& file) {
  const auto path = std::filesystem::path(HEARTH_GOLDEN_FOLDER) / "ggml-types" / "iq_grids" / file;
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

template <typename Grid>
void expect_equal(const Grid& grid, const std::string& file) {
  const auto table = read_table(file);
  ASSERT_EQ(sizeof(grid), table.size()) << file;
  EXPECT_EQ(std::memcmp(grid.data(), table.data(), table.size()), 0) << file;
}

TEST(IqGrids, AreTheReferenceTables) {
  expect_equal(kIq2XxsGrid, "iq2_xxs.i8");
  expect_equal(kIq2XsGrid, "iq2_xs.i8");
  expect_equal(kIq2SGrid, "iq2_s.i8");
  expect_equal(kIq3XxsGrid, "iq3_xxs.i8");
  expect_equal(kIq3SGrid, "iq3_s.i8");
  expect_equal(kIq1Grid, "iq1_s.i8");
}

TEST(IqGrids, EvenSignsAreTheReferenceTable) {
  const auto table = read_table("ksigns_iq2xs.u8");
  ASSERT_EQ(table.size(), 128U);
  for (unsigned i = 0; i < 128; ++i) {
    EXPECT_EQ(even_signs(i), static_cast<unsigned char>(table[i])) << i;
  }
}

TEST(IqGrids, SignsAndShiftsReachTheirWeights) {
  std::int8_t q[8];
  put_signed_row(IqRow<8>{8, 25, 43, 8, 8, 8, 8, 25}, spread_bits(0x86), q);
  EXPECT_EQ(std::vector<int>(q, q + 8), (std::vector<int>{8, -25, -43, 8, 8, 8, 8, -25}));
  put_signed_rows(IqRow<4>{4, 62, 12, 4}, IqRow<4>{20, 4, 4, 4}, spread_bits(0x1A), q);
  EXPECT_EQ(std::vector<int>(q, q + 8), (std::vector<int>{4, -62, 12, -4, -20, 4, 4, 4}));
  put_shifted_row({-1, 0, 1, 0, 0, 0, 0, -1}, -1, q);
  EXPECT_EQ(std::vector<int>(q, q + 8), (std::vector<int>{-9, -1, 7, -1, -1, -1, -1, -9}));
  put_shifted_row({-1, 0, 1, 0, 0, 0, 0, -1}, 1, q);
  EXPECT_EQ(std::vector<int>(q, q + 8), (std::vector<int>{-7, 1, 9, 1, 1, 1, 1, -7}));
}

}  // namespace
}  // namespace hearth::quant
