#include "engine/step_budget.h"

#include <gtest/gtest.h>

namespace hearth::engine {
namespace {

TEST(StepBudget, WithoutDecodingAStepIsFull) {
  StepBudget budget(512, 100);
  EXPECT_EQ(budget.n_rows(0), 512);
  budget.record(0, 512, 10000);
  EXPECT_EQ(budget.n_rows(0), 512);
}

TEST(StepBudget, WhileDecodingAStepTakesItsTime) {
  StepBudget budget(512, 100);
  EXPECT_LE(budget.n_rows(1), 128) << "a careful guess before anything is measured";
  for (int i = 0; i < 20; ++i) {
    budget.record(4, 0, 20);     // decoding alone
    budget.record(0, 200, 200);  // 1 ms a row
  }
  EXPECT_NEAR(budget.n_rows(4), 4 + 80, 2);
}

TEST(StepBudget, FollowsTheSpeed) {
  StepBudget budget(512, 100);
  budget.record(0, 500, 500);
  for (int i = 0; i < 30; ++i) {
    budget.record(0, 500, 1000);
  }
  EXPECT_NEAR(budget.n_rows(1), 51, 2);
  for (int i = 0; i < 30; ++i) {
    budget.record(0, 500, 50);
  }
  EXPECT_EQ(budget.n_rows(1), 512);
}

TEST(StepBudget, PrefillNeverStops) {
  StepBudget budget(512, 100);
  budget.record(1, 0, 5000);
  budget.record(0, 100, 100000);
  EXPECT_EQ(budget.n_rows(8), 8 + 16);
  StepBudget narrow(4, 100);
  EXPECT_EQ(narrow.n_rows(3), 4);
}

}  // namespace
}  // namespace hearth::engine
