#include "engine/logprobs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hearth::engine {
namespace {

TEST(Logprobs, AreThoseOfTheSoftmax) {
  const std::vector<float> row = {std::log(0.5F), std::log(0.125F), std::log(0.25F), std::log(0.125F)};
  std::vector<Candidate> scratch;
  const RowLogprobs logprobs = row_logprobs(row, 3, scratch);
  EXPECT_NEAR(logprobs.log_sum, 0, 1e-6);
  ASSERT_EQ(logprobs.top.size(), 3U);
  EXPECT_EQ(logprobs.top[0].token, 0);
  EXPECT_EQ(logprobs.top[1].token, 2);
  EXPECT_EQ(logprobs.top[2].token, 1);
  EXPECT_NEAR(logprobs.top[1].logprob, std::log(0.25), 1e-6);
  // A shift of all logits changes nothing.
  std::vector<float> shifted = row;
  for (float& logit : shifted) {
    logit += 100;
  }
  EXPECT_NEAR(row_logprobs(shifted, 1, scratch).top[0].logprob, std::log(0.5), 1e-5);
}

TEST(Logprobs, NoTopTokensWhenNoneAreAsked) {
  const std::vector<float> row = {1, 2, 3};
  std::vector<Candidate> scratch;
  EXPECT_TRUE(row_logprobs(row, 0, scratch).top.empty());
  EXPECT_EQ(row_logprobs(row, 20, scratch).top.size(), 3U);
}

}  // namespace
}  // namespace hearth::engine
