#include "kernels/kernels.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "kernels/test_matrix.h"

namespace hearth::kernels {
namespace {

TEST(Kernels, EveryLevelOfThisCpuHasItsOwnTable) {
  for (const cpu::IsaLevel level : cpu::available_levels()) {
    const KernelTable& table = kernel_table(level);
    EXPECT_EQ(std::string(table.name), cpu::to_string(level));
    EXPECT_EQ(table.panel_rows, cpu::panel_rows(level));
  }
}

TEST(Kernels, TheForcedLevelIsTheOneThatComputes) {
  for (const cpu::IsaLevel level : cpu::available_levels()) {
    setenv("HEARTH_ISA", level_name(level).c_str(), 1);
    const auto selected = cpu::select_level();
    ASSERT_TRUE(selected.has_value());
    EXPECT_EQ(std::string(kernel_table(*selected).name), level_name(level));
  }
  unsetenv("HEARTH_ISA");
}

TEST(Kernels, EveryEncodingCanBePlanned) {
  for (const quant::BlockType type : kPackedTypes) {
    const auto plan = plan_matrix(type, 3, 512, 8);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->n_rows, 3);
    EXPECT_EQ(plan->n_cols, 512);
    EXPECT_EQ(plan->panel_bytes, 8 * quant::row_bytes(type, 512));
  }
  EXPECT_FALSE(plan_matrix(quant::BlockType::kQ3_K, 3, 128, 8).has_value());
}

TEST(Kernels, ActivationBlocksFollowTheKind) {
  EXPECT_EQ(activation_kind(PackedKind::kF16), ActivationKind::kF32);
  EXPECT_EQ(activation_kind(PackedKind::kU5ScaleMin), ActivationKind::kI8Block32);
  EXPECT_EQ(activation_kind(PackedKind::kQ6K), ActivationKind::kI8Block256);
  EXPECT_EQ(activation_kind(PackedKind::kDecoded), ActivationKind::kF32);
  EXPECT_EQ(activation_kind(PackedKind::kDecodedIntegers), ActivationKind::kI8Block32);
}

TEST(Kernels, ActivationRowsAreAnOddNumberOfCacheLines) {
  const KernelTable& table = kernel_table(cpu::IsaLevel::kScalar);
  for (const std::int64_t n_cols : {256, 512, 768, 2048, 4096}) {
    for (const ActivationKind kind : {ActivationKind::kF32, ActivationKind::kI8Block32, ActivationKind::kI8Block256}) {
      EXPECT_EQ(table.activation_row_bytes(kind, n_cols) % 128, 64);
    }
  }
}

TEST(Kernels, KvHeadBytes) {
  EXPECT_EQ(kv_head_bytes(KvType::kF32, 64), 32 * 64 * 4);
  EXPECT_EQ(kv_head_bytes(KvType::kF16, 64), 32 * 64 * 2);
  EXPECT_EQ(kv_head_bytes(KvType::kQ8_0, 64), 32 * (64 + 4));
  EXPECT_EQ(kv_head_bytes(KvType::kQ8_0, 40), 32 * (40 + 4));
}

}  // namespace
}  // namespace hearth::kernels
