// Integers in groups of columns on every level of this CPU: values bit for bit, products, invariance.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <tuple>

#include "base/float16.h"
#include "kernels/kernels.h"
#include "kernels/test_matrix.h"
#include "quant/packed/pack_grouped.h"

namespace hearth::kernels {
namespace {

using quant::packed::ColumnGroup;
using quant::packed::GroupedPanel;
using quant::packed::GroupScale;
using quant::packed::GroupZero;
using quant::packed::PackedGroup;

struct Format {
  const char* name;
  std::vector<ColumnGroup> groups;
  GroupScale scale = GroupScale::kF16;
  GroupZero zero = GroupZero::kMiddle;
};

// n columns in groups of `size`, the last one short.
std::vector<ColumnGroup> even_groups(std::int64_t n, std::int64_t size, std::int32_t bits) {
  std::vector<ColumnGroup> groups;
  for (; n > 0; n -= size) {
    groups.push_back({.n_cols = std::min(n, size), .bits = bits});
  }
  return groups;
}

std::vector<Format> formats() {
  std::vector<Format> all;
  all.push_back({"Gptq2", even_groups(576, 32, 2), GroupScale::kF16, GroupZero::kStored});
  all.push_back({"Gptq3", even_groups(576, 32, 3), GroupScale::kF16, GroupZero::kStored});
  all.push_back({"Gptq4", even_groups(576, 128, 4), GroupScale::kF16, GroupZero::kStored});
  all.push_back({"Gptq8", even_groups(576, 64, 8), GroupScale::kF16, GroupZero::kStored});
  all.push_back({"Gptq4Symmetric", even_groups(608, 608, 4)});
  all.push_back({"Gptq8Bf16", even_groups(576, 128, 8), GroupScale::kBf16});
  all.push_back({"Gptq3F32", even_groups(576, 96, 3), GroupScale::kF32, GroupZero::kStored});
  all.push_back({"AwqGemvFast", even_groups(576, 64, 4), GroupScale::kF16, GroupZero::kOffset});
  all.push_back({"Exl2",
                 {{64, 8, 0x1p-14F},
                  {96, 6, 0x1.4p-15F},
                  {32, 5, 0x1p-17F},
                  {160, 4, 0x1p-14F},
                  {64, 3, 0x1p-13F},
                  {160, 2, 0x1.8p-13F}},
                 GroupScale::kTwoLevel});
  return all;
}

// Random codes, scales and zeros packed for a level, and their values by the formula of the format.
struct GroupedMatrix {
  GroupedMatrix(const Format& format, std::int64_t n_rows, cpu::IsaLevel level) : groups(format.groups.size()) {
    packed.kind = PackedKind::kGrouped;
    packed.panel_rows = cpu::panel_rows(level);
    packed.n_rows = n_rows;
    packed.group_scale = format.scale;
    packed.group_zero = format.zero;
    packed.groups = groups.data();
    quant::packed::lay_out_groups(format.groups, groups, packed);
    storage.resize(static_cast<std::size_t>(packed.n_panels() * packed.panel_bytes) + 64, 0xA5);
    packed.data = storage.data() + (64 - reinterpret_cast<std::uintptr_t>(storage.data()) % 64) % 64;
    for (std::int64_t panel = 0; panel < packed.n_panels(); ++panel) {
      fill_panel(format, panel);
    }
  }
  GroupedMatrix(const GroupedMatrix&) = delete;
  GroupedMatrix& operator=(const GroupedMatrix&) = delete;

  void fill_panel(const Format& format, std::int64_t panel) {
    GroupedPanel source;
    source.reset(packed);
    for (std::int64_t i = 0; i < packed.panel_rows && panel * packed.panel_rows + i < packed.n_rows; ++i) {
      std::size_t at = static_cast<std::size_t>(i * packed.n_cols);
      for (std::size_t g = 0; g < groups.size(); ++g) {
        const auto index = static_cast<std::size_t>(i) * groups.size() + g;
        fill_group(format, g, index, at, source);
        at += static_cast<std::size_t>(format.groups[g].n_cols);
      }
    }
    quant::packed::pack_grouped_panel(
        packed, source,
        reinterpret_cast<std::byte*>(const_cast<unsigned char*>(packed.data) + panel * packed.panel_bytes));
  }

  void fill_group(const Format& format, std::size_t g, std::size_t index, std::size_t at, GroupedPanel& source) {
    const ColumnGroup& group = format.groups[g];
    float scale = std::normal_distribution<float>(0.0F, 0.02F)(random);
    if (format.scale == GroupScale::kTwoLevel) {
      source.scales[index] = random() % 16;
      const auto root = static_cast<float>(source.scales[index] + 1);
      scale = root * root * group.factor;
    } else if (format.scale == GroupScale::kF16) {
      source.scales[index] = base::f32_to_f16(scale);
      scale = base::f16_to_f32(static_cast<std::uint16_t>(source.scales[index]));
    } else {
      std::uint32_t word;
      std::memcpy(&word, &scale, 4);
      word &= format.scale == GroupScale::kBf16 ? 0xFFFF0000U : 0xFFFFFFFFU;
      source.scales[index] = format.scale == GroupScale::kBf16 ? word >> 16 : word;
      std::memcpy(&scale, &word, 4);
    }
    int zero = 1 << (group.bits - 1);
    float offset = 0.0F;
    if (format.zero == GroupZero::kStored) {
      zero = static_cast<int>(random() % (1U << group.bits));
      source.zeros[index] = static_cast<std::uint16_t>(zero);
    } else if (format.zero == GroupZero::kOffset) {
      zero = 0;
      source.zeros[index] = base::f32_to_f16(-7.0F * scale);
      offset = base::f16_to_f32(source.zeros[index]);
    }
    for (std::int64_t k = 0; k < group.n_cols; ++k) {
      const auto code = static_cast<std::uint8_t>(random() % (1U << group.bits));
      source.codes[at + static_cast<std::size_t>(k)] = code;
      const float value = scale * static_cast<float>(code - zero);
      values.push_back(format.zero == GroupZero::kOffset ? value + offset : value);
    }
  }

  std::mt19937 random{7};
  std::vector<PackedGroup> groups;
  std::vector<unsigned char> storage;
  std::vector<float> values;  // [n_rows, n_cols]
  PackedMatrix packed;
};

using Case = std::tuple<cpu::IsaLevel, Format>;

class GroupedGemm : public testing::TestWithParam<Case> {
 protected:
  const KernelTable& table() const { return kernel_table(level()); }
  cpu::IsaLevel level() const { return std::get<0>(GetParam()); }
  const Format& format() const { return std::get<1>(GetParam()); }

  std::vector<float> product(const PackedMatrix& w, const ActivationView& x) const {
    std::vector<float> out(static_cast<std::size_t>(x.n_rows * w.n_rows), NAN);
    table().gemm(w, x, {0, w.n_panels()}, {out.data(), w.n_rows, nullptr, false});
    return out;
  }
};

TEST_P(GroupedGemm, UnpacksBitForBit) {
  for (const std::int64_t n_rows : {1, 8, 21}) {
    const GroupedMatrix m(format(), n_rows, level());
    std::vector<float> row(static_cast<std::size_t>(m.packed.n_cols));
    for (std::int64_t i = 0; i < n_rows; ++i) {
      table().unpack_row(m.packed, i, row.data());
      ASSERT_EQ(std::memcmp(row.data(), m.values.data() + i * m.packed.n_cols, row.size() * 4), 0) << "row " << i;
    }
  }
}

// Bits of the codes, 16 of a scale (4 with two levels) and those of a zero, per row and group.
TEST_P(GroupedGemm, PanelsAreNoLargerThanTheSource) {
  std::vector<ColumnGroup> many;
  for (int i = 0; i < 16; ++i) {
    many.insert(many.end(), format().groups.begin(), format().groups.end());
  }
  PackedMatrix matrix;
  matrix.panel_rows = cpu::panel_rows(level());
  matrix.group_scale = format().scale;
  matrix.group_zero = format().zero;
  std::vector<PackedGroup> groups(many.size());
  quant::packed::lay_out_groups(many, groups, matrix);
  double bits = 0;
  for (const ColumnGroup& group : many) {
    bits += static_cast<double>(group.n_cols * group.bits);
    bits += format().scale == GroupScale::kTwoLevel ? 4 : (format().scale == GroupScale::kF32 ? 32 : 16);
    bits += format().zero == GroupZero::kStored ? group.bits : (format().zero == GroupZero::kOffset ? 16 : 0);
  }
  EXPECT_LE(static_cast<double>(matrix.panel_bytes * 8), 1.02 * bits * matrix.panel_rows);
}

TEST_P(GroupedGemm, ProductsMatchDouble) {
  const GroupedMatrix m(format(), 21, level());
  const std::int64_t n_cols = m.packed.n_cols;
  // Multiples of 1/127 of the largest of their block are not rounded, so that both precisions have the same inputs.
  std::mt19937 random(3);
  std::vector<float> x(static_cast<std::size_t>(3 * n_cols));
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = i % 32 == 5 ? 127.0F : static_cast<float>(static_cast<int>(random() % 255) - 127);
  }
  for (const ActivationKind kind : {ActivationKind::kF32, activation_kind(PackedKind::kGrouped)}) {
    const TestActivations a(table(), kind, x, 3);
    const auto out = product(m.packed, a.view);
    for (std::int64_t row = 0; row < 3; ++row) {
      for (std::int64_t i = 0; i < 21; ++i) {
        double value = 0;
        double size = 0;
        for (std::int64_t k = 0; k < n_cols; ++k) {
          const double term = static_cast<double>(m.values[static_cast<std::size_t>(i * n_cols + k)]) *
                              static_cast<double>(x[static_cast<std::size_t>(row * n_cols + k)]);
          value += term;
          size += std::abs(term);
        }
        EXPECT_NEAR(out[static_cast<std::size_t>(row * 21 + i)], value, 1e-5 * size) << static_cast<int>(kind);
      }
    }
  }
}

TEST_P(GroupedGemm, RowsDoNotDependOnTheirNeighbours) {
  const GroupedMatrix m(format(), 19, level());
  const auto n_cols = static_cast<std::size_t>(m.packed.n_cols);
  for (const ActivationKind kind : {ActivationKind::kF32, activation_kind(PackedKind::kGrouped)}) {
    const auto x = random_floats(70 * m.packed.n_cols, 4);
    std::vector<float> alone;
    for (std::size_t row = 0; row < 70; ++row) {
      const TestActivations a(table(), kind, {x.data() + row * n_cols, x.data() + (row + 1) * n_cols}, 1);
      const auto out = product(m.packed, a.view);
      alone.insert(alone.end(), out.begin(), out.end());
    }
    for (const std::int64_t n : {1, 2, 3, 6, 7, 31, 33, 70}) {
      const TestActivations a(table(), kind, {x.data(), x.data() + static_cast<std::size_t>(n) * n_cols}, n);
      const auto out = product(m.packed, a.view);
      ASSERT_EQ(std::memcmp(out.data(), alone.data(), out.size() * 4), 0) << n << " rows";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, GroupedGemm,
                         testing::Combine(testing::ValuesIn(cpu::available_levels().begin(),
                                                            cpu::available_levels().end()),
                                          testing::ValuesIn(formats())),
                         [](const testing::TestParamInfo<Case>& info) {
                           return level_name(std::get<0>(info.param)) + "_" + std::get<1>(info.param).name;
                         });

}  // namespace
}  // namespace hearth::kernels
