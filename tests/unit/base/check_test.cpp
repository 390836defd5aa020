#include "base/check.h"

#include <gtest/gtest.h>

namespace hearth::base {
namespace {

TEST(Check, PassesWhenTheConditionHolds) {
  int evaluations = 0;
  HEARTH_CHECK(++evaluations == 1, "evaluated once");
  EXPECT_EQ(evaluations, 1);
}

TEST(CheckDeathTest, AbortsWithThePlaceTheMessageAndTheCondition) {
  const int blocks = 3;
  EXPECT_DEATH(HEARTH_CHECK(blocks == 4, "a block leaked"),
               "internal error at .*check_test.cpp:[0-9]+: a block leaked \\(blocks == 4\\)");
}

TEST(Check, DcheckIsNotEvaluatedInReleaseBuilds) {
  int evaluations = 0;
  HEARTH_DCHECK(++evaluations == 1, "counted");
#ifdef NDEBUG
  EXPECT_EQ(evaluations, 0);
#else
  EXPECT_EQ(evaluations, 1);
#endif
}

}  // namespace
}  // namespace hearth::base
