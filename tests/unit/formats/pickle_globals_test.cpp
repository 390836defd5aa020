#include "formats/pickle_globals.h"

#include <gtest/gtest.h>

namespace hearth::formats {
namespace {

TEST(PickleGlobals, AreAFixedList) {
  const auto row = find_pickle_global("torch", "BFloat16Storage");
  ASSERT_TRUE(row);
  EXPECT_EQ(pickle_global(*row).role, GlobalRole::kStorage);
  EXPECT_EQ(pickle_global(*row).type, quant::BlockType::kBf16);
  EXPECT_EQ(pickle_global(find_pickle_global("torch._utils", "_rebuild_tensor_v2").value()).role,
            GlobalRole::kRebuildTensor);
  EXPECT_FALSE(find_pickle_global("os", "system"));
  EXPECT_FALSE(find_pickle_global("collections", "FloatStorage"));
  EXPECT_FALSE(find_pickle_global("torch", "FloatStorage.__init__"));
  EXPECT_FALSE(find_pickle_global("", ""));
}

}  // namespace
}  // namespace hearth::formats
