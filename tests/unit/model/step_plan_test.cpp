#include "model/step_plan.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

namespace hearth::model {
namespace {

// How often each (row, head) is covered by the items of a layer.
std::map<std::pair<int, int>, int> coverage(StepPlan& plan, std::int32_t layer) {
  std::map<std::pair<int, int>, int> times;
  while (const AttentionItem* item = plan.take_attention_item(layer)) {
    for (int row = 0; row < item->n_rows; ++row) {
      for (int head = 0; head < item->n_heads; ++head) {
        ++times[{item->first_row + row, item->first_head + head}];
      }
    }
  }
  return times;
}

TEST(StepPlanTest, ItemsCoverEveryRowAndHeadOnceInEveryLayer) {
  for (const int n_workers : {1, 2, 5}) {
    StepPlan plan({.max_rows = 128, .n_layers = 2, .n_heads = 9, .n_kv_heads = 3, .n_workers = n_workers});
    const std::vector<std::int32_t> tokens(71, 1);
    const std::array<StepSequence, 2> sequences = {
        {{.first_row = 0, .n_rows = 70, .first_position = 5}, {.first_row = 70, .n_rows = 1, .first_position = 900}}};
    plan.make({.tokens = tokens, .sequences = sequences}, nullptr);
    EXPECT_EQ(plan.place(69).position, 74);
    EXPECT_EQ(plan.place(70).position, 900);
    EXPECT_EQ(plan.place(70).sequence, 1);
    for (std::int32_t layer = 0; layer < 2; ++layer) {
      const auto times = coverage(plan, layer);
      EXPECT_EQ(times.size(), 71U * 9U);
      for (const auto& [place, n] : times) {
        EXPECT_EQ(n, 1);
      }
      EXPECT_EQ(plan.take_attention_item(layer), nullptr);
    }
  }
}

TEST(StepPlanTest, ItemsStayWithinAKvHead) {
  StepPlan plan({.max_rows = 8, .n_layers = 1, .n_heads = 8, .n_kv_heads = 2, .n_workers = 3});
  const std::vector<std::int32_t> tokens(1, 1);
  const std::array<StepSequence, 1> sequences = {{{.first_row = 0, .n_rows = 1}}};
  plan.make({.tokens = tokens, .sequences = sequences}, nullptr);
  while (const AttentionItem* item = plan.take_attention_item(0)) {
    EXPECT_EQ(item->first_head / 4, item->kv_head);
    EXPECT_EQ((item->first_head + item->n_heads - 1) / 4, item->kv_head);
  }
}

}  // namespace
}  // namespace hearth::model
