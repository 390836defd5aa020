#include "cpu/isa.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace hearth::cpu {
namespace {

TEST(IsaLevel, ScalarIsAlwaysThereAndTheBestIsLast) {
  ASSERT_FALSE(available_levels().empty());
  EXPECT_EQ(available_levels().front(), IsaLevel::kScalar);
  EXPECT_EQ(*select_level(""), available_levels().back());
}

TEST(IsaLevel, AnUnknownLevelIsAnErrorThatListsWhatIsThere) {
  const auto level = select_level("sve");
  ASSERT_FALSE(level);
  EXPECT_EQ(level.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(level.error().message.find("scalar"), std::string::npos);
}

TEST(IsaLevel, TheEnvironmentForcesALevel) {
  ASSERT_EQ(setenv("HEARTH_ISA", "scalar", 1), 0);
  EXPECT_EQ(*select_level(), IsaLevel::kScalar);
  ASSERT_EQ(setenv("HEARTH_ISA", "mmx", 1), 0);
  const auto level = select_level();
  ASSERT_FALSE(level);
  EXPECT_EQ(level.error().message.find("HEARTH_ISA"), 0U);
  unsetenv("HEARTH_ISA");
}

TEST(IsaLevel, NamesAndPanelsComeFromTheTable) {
  EXPECT_EQ(to_string(IsaLevel::kAvx512), "avx512");
  EXPECT_EQ(panel_rows(IsaLevel::kAvx512), 16);
  EXPECT_EQ(panel_rows(IsaLevel::kAvx2), 8);
}

}  // namespace
}  // namespace hearth::cpu
