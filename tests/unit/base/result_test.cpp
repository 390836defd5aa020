#include "base/result.h"

#include <gtest/gtest.h>

namespace hearth::base {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) {
    return fail(ErrorCode::kInvalidArgument, "is odd");
  }
  return value / 2;
}

Result<int> quarter(int value) {
  HEARTH_TRY(const int once, half(value));
  HEARTH_TRY_VOID(half(once));
  return once / 2;
}

TEST(Result, TryHandsValuesOnAndReturnsErrors) {
  EXPECT_EQ(*quarter(12), 3);
  ASSERT_FALSE(quarter(6));
  EXPECT_EQ(quarter(6).error().message, "is odd");
}

TEST(Result, FailAtNamesThePlace) {
  EXPECT_EQ(fail_at("model.gguf", Error{ErrorCode::kCorruptFile, "too short", ""}).error().message,
            "model.gguf: too short");
}

TEST(ErrorCode, HasASpelling) {
  EXPECT_EQ(to_string(ErrorCode::kCorruptFile), "corrupt_file");
}

}  // namespace
}  // namespace hearth::base
