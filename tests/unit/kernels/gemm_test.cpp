// Every packed kind on every level of this CPU: bijection, exact and fast products, invariance.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>

#include "kernels/kernels.h"
#include "kernels/test_matrix.h"

namespace hearth::kernels {
namespace {

using Case = std::tuple<cpu::IsaLevel, quant::BlockType>;

class Gemm : public testing::TestWithParam<Case> {
 protected:
  cpu::IsaLevel level() const { return std::get<0>(GetParam()); }
  quant::BlockType type() const { return std::get<1>(GetParam()); }
  const KernelTable& table() const { return kernel_table(level()); }
  // Eight rows of some_cols().
  PackedMatrix plan() const { return plan_matrix(type(), 8, some_cols(), cpu::panel_rows(level())).value(); }
  std::int64_t some_cols() const { return quant::info(type()).block_size >= 128 ? 768 : 576; }
  ActivationKind fast() const { return activation_kind(plan().kind); }

  // All outputs of w for the given activations.
  std::vector<float> product(const PackedMatrix& w, const ActivationView& x) const {
    std::vector<float> out(static_cast<std::size_t>(x.n_rows * w.n_rows), NAN);
    table().gemm(w, x, {0, w.n_panels()}, {out.data(), w.n_rows, nullptr, false});
    return out;
  }
};

// Σ w x in double, and Σ |w x| as the measure of what rounding may do.
struct Reference {
  double value = 0;
  double size = 0;
};

Reference reference_dot(const float* w, const float* x, std::int64_t n) {
  Reference out;
  for (std::int64_t i = 0; i < n; ++i) {
    out.value += static_cast<double>(w[i]) * static_cast<double>(x[i]);
    out.size += std::abs(static_cast<double>(w[i]) * static_cast<double>(x[i]));
  }
  return out;
}

// What int8 activations stand for.
std::vector<float> rounded_to_int8(const std::vector<float>& x, ActivationKind kind) {
  auto rounded = x;
  const std::size_t block = kind == ActivationKind::kI8Block256 ? 256 : 32;
  for (std::size_t i = 0; kind != ActivationKind::kF32 && i < x.size(); i += block) {
    float largest = 0;
    for (std::size_t k = 0; k < block; ++k) {
      largest = std::max(largest, std::abs(x[i + k]));
    }
    for (std::size_t k = 0; k < block; ++k) {
      rounded[i + k] = std::nearbyint(x[i + k] * (127.0F / largest)) * (largest / 127.0F);
    }
  }
  return rounded;
}

TEST_P(Gemm, UnpacksToTheSourceBitForBit) {
  for (const std::int64_t n_rows : {1, 7, 8, 9, 16, 33}) {
    const TestMatrix m(type(), n_rows, some_cols(), level(), static_cast<std::uint32_t>(n_rows));
    std::vector<float> row(static_cast<std::size_t>(some_cols()));
    for (std::int64_t i = 0; i < n_rows; ++i) {
      table().unpack_row(m.packed, i, row.data());
      ASSERT_EQ(std::memcmp(row.data(), m.values.data() + i * some_cols(), row.size() * 4), 0) << "row " << i;
    }
  }
}

TEST_P(Gemm, PanelsAreNoLargerThanTheSource) {
  EXPECT_LE(static_cast<double>(plan().panel_bytes),
            1.02 * static_cast<double>(cpu::panel_rows(level()) * quant::row_bytes(type(), some_cols())));
}

TEST_P(Gemm, ExactProductMatchesDouble) {
  const TestMatrix m(type(), 21, some_cols(), level());
  const auto x = random_floats(5 * some_cols(), 2);
  const TestActivations a(table(), ActivationKind::kF32, x, 5);
  const auto out = product(m.packed, a.view);
  for (std::int64_t row = 0; row < 5; ++row) {
    for (std::int64_t i = 0; i < 21; ++i) {
      const auto expected = reference_dot(m.values.data() + i * some_cols(), x.data() + row * some_cols(), some_cols());
      EXPECT_NEAR(out[static_cast<std::size_t>(row * 21 + i)], expected.value, 2e-6 * expected.size);
    }
  }
}

// The fast path equals exact arithmetic on the rounded activations: only fp32 rounding is left.
TEST_P(Gemm, FastProductMatchesDoubleOnRoundedActivations) {
  const TestMatrix m(type(), 21, some_cols(), level());
  const auto x = random_floats(3 * some_cols(), 3);
  const TestActivations a(table(), fast(), x, 3);
  const auto rounded = rounded_to_int8(x, fast());
  const auto out = product(m.packed, a.view);
  for (std::int64_t row = 0; row < 3; ++row) {
    for (std::int64_t i = 0; i < 21; ++i) {
      const auto expected =
          reference_dot(m.values.data() + i * some_cols(), rounded.data() + row * some_cols(), some_cols());
      // Kinds with a minimum subtract two large sums, so their terms are larger than Σ |w x|.
      EXPECT_NEAR(out[static_cast<std::size_t>(row * 21 + i)], expected.value, 1e-5 * expected.size + 1e-5);
    }
  }
}

// The largest integers everywhere: nothing may saturate or overflow.
TEST_P(Gemm, ExtremeIntegersDoNotSaturate) {
  const std::int64_t n_cols = some_cols();
  for (const int pattern : {0xFF, 0x00, 0x80, 0x7F}) {
    const TestMatrix m(type(), patterned_rows(type(), 8, n_cols, pattern), n_cols, level());
    for (const float sign : {1.0F, -1.0F}) {
      std::vector<float> x(static_cast<std::size_t>(n_cols), sign);
      const TestActivations a(table(), fast(), x, 1);
      const auto out = product(m.packed, a.view);
      for (std::int64_t i = 0; i < 8; ++i) {
        const auto expected = reference_dot(m.values.data() + i * n_cols, x.data(), n_cols);
        EXPECT_NEAR(out[static_cast<std::size_t>(i)], expected.value, 1e-5 * expected.size + 1e-5) << pattern;
      }
    }
  }
}

// NVFP4 has a factor of the whole tensor.
TEST_P(Gemm, DecodedWeightsTakeTheirFactor) {
  const TestMatrix m(type(), 19, some_cols(), level());
  PackedMatrix doubled = m.packed;
  doubled.decoder.factor = 2.0F;
  const bool has_decoder = m.packed.decoder.to_floats != nullptr;
  for (const ActivationKind kind : {ActivationKind::kF32, fast()}) {
    const TestActivations a(table(), kind, random_floats(2 * some_cols(), 9), 2);
    const auto plain = product(m.packed, a.view);
    const auto out = product(doubled, a.view);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_EQ(out[i], has_decoder ? 2.0F * plain[i] : plain[i]);
    }
  }
  std::vector<float> row(static_cast<std::size_t>(some_cols()));
  table().unpack_row(doubled, 18, row.data());
  EXPECT_EQ(row[3], m.values[static_cast<std::size_t>(18 * some_cols() + 3)] * (has_decoder ? 2.0F : 1.0F));
}

TEST_P(Gemm, RowsDoNotDependOnTheirNeighbours) {
  const TestMatrix m(type(), 40, some_cols(), level());
  for (const ActivationKind kind : {ActivationKind::kF32, fast()}) {
    const std::int64_t most = 70;
    const auto x = random_floats(most * some_cols(), 4);
    std::vector<float> alone;
    for (std::int64_t row = 0; row < most; ++row) {
      const std::vector<float> one(x.begin() + row * some_cols(), x.begin() + (row + 1) * some_cols());
      const TestActivations a(table(), kind, one, 1);
      const auto out = product(m.packed, a.view);
      alone.insert(alone.end(), out.begin(), out.end());
    }
    for (std::int64_t n = 1; n <= most; n += n < 18 ? 1 : 13) {
      const std::vector<float> some(x.begin(), x.begin() + n * some_cols());
      const TestActivations a(table(), kind, some, n);
      const auto out = product(m.packed, a.view);
      ASSERT_EQ(std::memcmp(out.data(), alone.data(), out.size() * 4), 0) << n << " rows";
    }
  }
}

TEST_P(Gemm, PanelRangesWriteTheirOutputsOnly) {
  const TestMatrix m(type(), 5 * 16 + 3, some_cols(), level());
  for (const ActivationKind kind : {ActivationKind::kF32, fast()}) {
    const TestActivations a(table(), kind, random_floats(9 * some_cols(), 5), 9);
    const auto whole = product(m.packed, a.view);
    std::vector<float> parts(whole.size(), NAN);
    const std::int64_t panels = m.packed.n_panels();
    for (const PanelRange range : {PanelRange{3, panels}, {0, 1}, {1, 3}, {2, 2}}) {
      table().gemm(m.packed, a.view, range, {parts.data(), m.packed.n_rows, nullptr, false});
      if (range.begin == 3) {
        EXPECT_TRUE(std::isnan(parts[0]));
      }
    }
    EXPECT_EQ(std::memcmp(whole.data(), parts.data(), whole.size() * 4), 0);
  }
}

TEST_P(Gemm, AddsBiasAndWhatIsThere) {
  const TestMatrix m(type(), 19, some_cols(), level());
  const auto bias = random_floats(19, 6);
  for (const ActivationKind kind : {ActivationKind::kF32, fast()}) {
    const TestActivations a(table(), kind, random_floats(2 * some_cols(), 7), 2);
    const auto plain = product(m.packed, a.view);
    std::vector<float> out(2 * 24, 0.5F);  // a row stride wider than the outputs
    table().gemm(m.packed, a.view, {0, m.packed.n_panels()}, {out.data(), 24, bias.data(), true});
    for (std::size_t row = 0; row < 2; ++row) {
      for (std::size_t i = 0; i < 24; ++i) {
        EXPECT_EQ(out[row * 24 + i], i < 19 ? 0.5F + (plain[row * 19 + i] + bias[i]) : 0.5F);
      }
    }
  }
}

TEST_P(Gemm, BrokenActivationsStayVisible) {
  const TestMatrix m(type(), 9, some_cols(), level());
  for (const float broken : {NAN, INFINITY, -INFINITY}) {
    auto x = random_floats(2 * some_cols(), 8);
    x[static_cast<std::size_t>(some_cols()) + 40] = broken;
    const TestActivations a(table(), fast(), x, 2);
    const auto out = product(m.packed, a.view);
    EXPECT_TRUE(std::isfinite(out[0]));
    EXPECT_FALSE(std::isfinite(out[9]));
  }
}

TEST_P(Gemm, ZeroAndTinyActivationsGiveZero) {
  const TestMatrix m(type(), 9, some_cols(), level());
  for (const float value : {0.0F, 1e-42F}) {
    const std::vector<float> x(static_cast<std::size_t>(some_cols()), value);
    const TestActivations a(table(), fast(), x, 1);
    EXPECT_NEAR(product(m.packed, a.view)[3], 0.0F, 1e-35F);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, Gemm,
                         testing::Combine(testing::ValuesIn(cpu::available_levels().begin(),
                                                            cpu::available_levels().end()),
                                          testing::ValuesIn(kPackedTypes)),
                         [](const testing::TestParamInfo<Case>& info) {
                           return level_name(std::get<0>(info.param)) + "_" +
                                  std::string(quant::info(std::get<1>(info.param)).name);
                         });

}  // namespace
}  // namespace hearth::kernels
