#include "model/router.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hearth::model {
namespace {

TEST(RouterTest, ChoosesTheBestAndRenormalises) {
  const std::vector<float> logits = {0.0F, 2.0F, 1.0F, 2.0F};
  std::vector<std::int32_t> experts(2);
  std::vector<float> weights(2);
  choose_experts({.n_experts = 4, .n_used = 2, .renormalise = true}, logits, experts.data(), weights.data());
  EXPECT_EQ(experts, (std::vector<std::int32_t>{1, 3}));  // the lower index first on a tie
  EXPECT_FLOAT_EQ(weights[0], 0.5F);
  EXPECT_FLOAT_EQ(weights[1], 0.5F);
}

TEST(RouterTest, WithoutRenormalisingWeightsAreOfAllExperts) {
  const std::vector<float> logits = {0.0F, std::log(3.0F)};
  std::int32_t expert = -1;
  float weight = 0.0F;
  choose_experts({.n_experts = 2, .n_used = 1, .renormalise = false}, logits, &expert, &weight);
  EXPECT_EQ(expert, 1);
  EXPECT_FLOAT_EQ(weight, 0.75F);
}

TEST(RouterTest, SlotsAreSortedByExpertThenRow) {
  const ExpertSpec spec = {.n_experts = 4, .n_used = 2};
  const std::vector<std::int32_t> experts = {2, 0, 0, 3, 3, 2};  // three rows
  std::vector<std::int32_t> slots(6);
  std::vector<std::int32_t> slot_rows(6);
  std::vector<std::int32_t> first_slots(5);
  Routing routing;
  routing.slots = slots.data();
  routing.slot_rows = slot_rows.data();
  routing.first_slots = first_slots.data();
  sort_slots(spec, experts.data(), 3, routing);
  EXPECT_EQ(first_slots, (std::vector<std::int32_t>{0, 2, 2, 4, 6}));
  EXPECT_EQ(slots, (std::vector<std::int32_t>{2, 0, 1, 4, 5, 3}));
  EXPECT_EQ(slot_rows, (std::vector<std::int32_t>{0, 1, 0, 2, 1, 2}));
}

}  // namespace
}  // namespace hearth::model
