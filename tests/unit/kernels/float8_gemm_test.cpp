// 8-bit floats with scales on every level of this CPU: values bit for bit, products, invariance.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <tuple>

#include "kernels/kernels.h"
#include "kernels/test_matrix.h"
#include "quant/packed/pack_float8.h"

namespace hearth::kernels {
namespace {

// By the definition of the formats (arXiv:2209.05433, table 1).
float float8_value(int byte, bool e4m3) {
  const int mantissa_bits = e4m3 ? 3 : 2;
  const int bias = e4m3 ? 7 : 15;
  const int exponent = (byte & 0x7F) >> mantissa_bits;
  const int mantissa = byte & ((1 << mantissa_bits) - 1);
  const float sign = (byte & 0x80) != 0 ? -1.0F : 1.0F;
  if (e4m3 && (byte & 0x7F) == 0x7F) {
    return NAN;
  }
  if (!e4m3 && exponent == 31) {
    return mantissa == 0 ? sign * INFINITY : NAN;
  }
  const int significand = exponent == 0 ? mantissa : mantissa + (1 << mantissa_bits);
  return sign * std::ldexp(static_cast<float>(significand), std::max(exponent, 1) - bias - mantissa_bits);
}

struct Extents {
  const char* name;
  std::int64_t scale_rows;
  std::int64_t scale_cols;
};
constexpr std::int64_t kRows = 150;
constexpr std::int64_t kCols = 400;
constexpr Extents kExtents[] = {{"Tensor", kRows, kCols}, {"Row", 1, kCols}, {"Block", 128, 128}};

using Case = std::tuple<cpu::IsaLevel, PackedKind, Extents>;

class Float8Gemm : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const Extents& extents = std::get<2>(GetParam());
    const bool e4m3 = std::get<1>(GetParam()) == PackedKind::kF8E4M3;
    packed_.kind = std::get<1>(GetParam());
    packed_.panel_rows = cpu::panel_rows(std::get<0>(GetParam()));
    packed_.n_rows = kRows;
    packed_.n_cols = kCols;
    packed_.scale_cols = extents.scale_cols;
    packed_.n_scale_cols = (kCols + extents.scale_cols - 1) / extents.scale_cols;
    scales_ = random_floats((kRows + extents.scale_rows - 1) / extents.scale_rows * packed_.n_scale_cols, 5, 0.01F);
    packed_.scales = scales_.data();
    packed_.panel_bytes = quant::packed::float8_panel_bytes(kCols, packed_.panel_rows);
    std::mt19937 random(6);
    for (std::int64_t i = 0; i < kRows * kCols; ++i) {
      const auto byte = static_cast<int>(random() % 256);
      const float value = float8_value(byte, e4m3);
      bytes_.push_back(std::isfinite(value) ? static_cast<std::byte>(byte) : std::byte{0});
      const auto scale = static_cast<std::size_t>(i / kCols / extents.scale_rows * packed_.n_scale_cols +
                                                  i % kCols / extents.scale_cols);
      values_.push_back((std::isfinite(value) ? value : 0.0F) * scales_[scale]);
    }
    pack(extents);
  }

  void pack(const Extents& extents) {
    storage_.resize(static_cast<std::size_t>(packed_.panel_bytes * packed_.n_panels()));
    packed_.data = storage_.data();
    for (std::int64_t panel = 0; panel < packed_.n_panels(); ++panel) {
      std::vector<quant::packed::Float8Row> rows(static_cast<std::size_t>(packed_.panel_rows));
      for (std::int64_t i = 0; i < packed_.panel_rows && panel * packed_.panel_rows + i < kRows; ++i) {
        const std::int64_t row = panel * packed_.panel_rows + i;
        rows[static_cast<std::size_t>(i)] = {bytes_.data() + row * kCols,
                                             static_cast<std::int32_t>(row / extents.scale_rows)};
      }
      quant::packed::pack_float8_panel(rows, kCols,
                                       reinterpret_cast<std::byte*>(storage_.data() + panel * packed_.panel_bytes));
    }
  }

  const KernelTable& table() const { return kernel_table(std::get<0>(GetParam())); }
  std::vector<float> product(const ActivationView& x) const {
    std::vector<float> out(static_cast<std::size_t>(x.n_rows * kRows), NAN);
    table().gemm(packed_, x, {0, packed_.n_panels()}, {out.data(), kRows, nullptr, false});
    return out;
  }

  std::vector<float> scales_;
  std::vector<std::byte> bytes_;
  std::vector<float> values_;
  std::vector<unsigned char> storage_;
  PackedMatrix packed_;
};

TEST_P(Float8Gemm, UnpacksBitForBit) {
  std::vector<float> row(kCols);
  for (std::int64_t i = 0; i < kRows; ++i) {
    table().unpack_row(packed_, i, row.data());
    ASSERT_EQ(std::memcmp(row.data(), values_.data() + i * kCols, row.size() * 4), 0) << "row " << i;
  }
}

TEST_P(Float8Gemm, PanelsAreNoLargerThanTheSource) {
  const std::int32_t rows = packed_.panel_rows;
  EXPECT_LE(static_cast<double>(quant::packed::float8_panel_bytes(kCols, rows)),
            1.02 * static_cast<double>(kCols * rows));
}

TEST_P(Float8Gemm, ProductMatchesDoubleAndRowsStandAlone) {
  EXPECT_EQ(activation_kind(packed_.kind), ActivationKind::kF32);
  const auto x = random_floats(7 * kCols, 8);
  const TestActivations a(table(), ActivationKind::kF32, x, 7);
  const auto out = product(a.view);
  for (std::size_t row = 0; row < 7; ++row) {
    const std::vector<float> one(x.begin() + static_cast<std::ptrdiff_t>(row * kCols),
                                 x.begin() + static_cast<std::ptrdiff_t>((row + 1) * kCols));
    const auto alone = product(TestActivations(table(), ActivationKind::kF32, one, 1).view);
    ASSERT_EQ(std::memcmp(alone.data(), out.data() + row * kRows, kRows * 4), 0);
    for (std::size_t i = 0; i < kRows; ++i) {
      double value = 0;
      double size = 0;
      for (std::size_t k = 0; k < kCols; ++k) {
        const double term = static_cast<double>(values_[i * kCols + k]) * static_cast<double>(one[k]);
        value += term;
        size += std::abs(term);
      }
      EXPECT_NEAR(alone[i], value, 2e-6 * size);
    }
  }
}

TEST_P(Float8Gemm, NanStaysNan) {
  bytes_[3] = std::byte{0xFF};
  pack(std::get<2>(GetParam()));
  std::vector<float> row(kCols);
  table().unpack_row(packed_, 0, row.data());
  EXPECT_TRUE(std::isnan(row[3]));
  EXPECT_TRUE(std::isfinite(row[4]));
}

INSTANTIATE_TEST_SUITE_P(
    Levels, Float8Gemm,
    testing::Combine(testing::ValuesIn(cpu::available_levels().begin(), cpu::available_levels().end()),
                     testing::Values(PackedKind::kF8E4M3, PackedKind::kF8E5M2), testing::ValuesIn(kExtents)),
    [](const testing::TestParamInfo<Case>& info) {
      return level_name(std::get<0>(info.param)) +
             (std::get<1>(info.param) == PackedKind::kF8E4M3 ? "_E4M3_" : "_E5M2_") + std::get<2>(info.param).name;
    });

}  // namespace
}  // namespace hearth::kernels
