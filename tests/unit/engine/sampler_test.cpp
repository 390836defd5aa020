#include "engine/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <vector>

namespace hearth::engine {
namespace {

std::vector<float> log_of(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) {
    logits.push_back(static_cast<float>(std::log(p)));
  }
  return logits;
}

// How often each token is drawn over 20,000 positions.
std::map<TokenId, double> frequencies(const std::vector<float>& logits, const SamplingParams& params) {
  constexpr int kDraws = 20000;
  Sampler sampler(static_cast<std::int32_t>(logits.size()));
  std::map<TokenId, double> result;
  std::vector<TokenId> tokens;
  for (int i = 0; i < kDraws; ++i) {
    tokens.push_back(0);
    std::vector<float> row = logits;
    result[sampler.draw(row, {params, tokens, std::ssize(tokens), {}, 0}).value()] += 1.0 / kDraws;
  }
  return result;
}

TEST(Sampler, DrawsByProbability) {
  const std::vector<double> probabilities = {0.5, 0.3, 0.15, 0.05};
  auto drawn = frequencies(log_of(probabilities), {.seed = 7});
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    EXPECT_NEAR(drawn[static_cast<TokenId>(i)], probabilities[i], 0.015) << i;
  }
}

TEST(Sampler, FiltersRenormalise) {
  const std::vector<float> logits = log_of({0.5, 0.3, 0.15, 0.05});
  auto top_k = frequencies(logits, {.top_k = 2, .seed = 7});
  EXPECT_EQ(top_k.size(), 2U);
  EXPECT_NEAR(top_k[0], 0.625, 0.015);
  auto top_p = frequencies(logits, {.top_p = 0.9F, .seed = 7});
  EXPECT_EQ(top_p.size(), 3U);
  EXPECT_NEAR(top_p[2], 0.15 / 0.95, 0.015);
  auto cold = frequencies(logits, {.temperature = 0.5F, .seed = 7});
  EXPECT_NEAR(cold[0], 0.25 / (0.25 + 0.09 + 0.0225 + 0.0025), 0.015);
  auto hot = frequencies(logits, {.temperature = 100.0F, .seed = 7});
  EXPECT_NEAR(hot[3], 0.25, 0.02);
}

TEST(Sampler, IsAPureFunctionOfSeedChoiceAndPosition) {
  const std::vector<float> logits(500, 1.0F);
  Sampler sampler(500);
  const auto draw = [&](std::uint64_t seed, std::int32_t choice, std::size_t position) {
    std::vector<float> row = logits;
    const std::vector<TokenId> tokens(position, 0);
    const SamplingParams params{.seed = seed};
    return sampler.draw(row, {params, tokens, 1, {}, choice}).value();
  };
  const TokenId token = draw(1, 0, 10);
  EXPECT_EQ(draw(1, 0, 10), token);
  EXPECT_NE(draw(2, 0, 10), token);
  EXPECT_NE(draw(1, 1, 10), token);
  EXPECT_NE(draw(1, 0, 11), token);
}

TEST(Sampler, TemperatureZeroTakesTheBest) {
  Sampler sampler(4);
  std::vector<float> row = {1, 5, 5, 2};
  const SamplingParams params{.temperature = 0, .seed = 3};
  EXPECT_EQ(sampler.draw(row, {params, {}, 0, {}, 0}), 1);
  const SamplingParams biased{.temperature = 0, .logit_bias = {{1, -100}, {3, 4}}};
  row = {1, 5, 5, 2};
  EXPECT_EQ(sampler.draw(row, {biased, {}, 0, {}, 0}), 3);
}

TEST(Sampler, BannedTokensAreNeverDrawn) {
  Sampler sampler(3);
  const SamplingParams params{.temperature = 1e30F, .logit_bias = {{0, -100}, {2, -100}}, .seed = 1};
  for (std::size_t position = 0; position < 100; ++position) {
    std::vector<float> row = {3, 1, 2};
    const std::vector<TokenId> tokens(position, 1);
    ASSERT_EQ(sampler.draw(row, {params, tokens, 0, {}, 0}), 1);
  }
}

TEST(Sampler, AnswersAnErrorWhenNothingIsLeft) {
  Sampler sampler(2);
  const SamplingParams params{.logit_bias = {{0, -100}, {1, -100}}};
  std::vector<float> row = {1, 2};
  EXPECT_EQ(sampler.draw(row, {params, {}, 0, {}, 0}).error().code, ErrorCode::kInternal);
  std::vector<float> nan(2, std::numeric_limits<float>::quiet_NaN());
  const SamplingParams plain;
  EXPECT_FALSE(sampler.draw(nan, {plain, {}, 0, {}, 0}));
}

// What the short cuts of large vocabularies leave is what sorting everything leaves.
TEST(Sampler, ShortCutsLeaveTheRightTokens) {
  std::mt19937 random(4);
  for (const float spread : {0.5F, 3.0F, 8.0F}) {
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> logits(20000);
    std::ranges::generate(logits, [&] { return normal(random); });
    std::vector<Candidate> sorted;
    collect_top(logits, 20000, sorted);
    double total = 0;
    for (const Candidate& candidate : sorted) {
      total += std::exp(candidate.logit / 0.7 - sorted[0].logit / 0.7);
    }
    const std::vector<SamplingParams> all = {{.temperature = 0.7F, .top_p = 0.9F},
                                             {.temperature = 0.7F, .top_p = 0.5F, .min_p = 0.1F},
                                             {.temperature = 0.7F, .min_p = 0.2F},
                                             {.temperature = 0.7F, .top_k = 30},
                                             {.temperature = 0.7F, .top_k = 3000}};
    for (const SamplingParams& params : all) {
      // The rank of the last token that may be drawn.
      std::size_t n_kept = params.top_k > 0 ? static_cast<std::size_t>(params.top_k) : sorted.size();
      double sum = 0;
      for (std::size_t i = 0; i < n_kept; ++i) {
        const double weight = std::exp(sorted[i].logit / 0.7 - sorted[0].logit / 0.7);
        if (weight < params.min_p || (i > 0 && sum >= params.top_p * total)) {
          n_kept = i;
        }
        sum += weight;
      }
      Sampler sampler(20000);
      std::vector<TokenId> tokens;
      std::size_t largest = 0;
      for (int i = 0; i < 300; ++i) {
        tokens.push_back(0);
        std::vector<float> row = logits;
        const TokenId token = sampler.draw(row, {params, tokens, 0, {}, 0}).value();
        const auto rank = std::ranges::find(sorted, token, &Candidate::token) - sorted.begin();
        largest = std::max(largest, static_cast<std::size_t>(rank));
      }
      EXPECT_LE(largest, n_kept) << "spread " << spread << ", top_p " << params.top_p << ", min_p " << params.min_p;
      EXPECT_GE(largest + 1, std::min<std::size_t>(n_kept, 3) / 2);
    }
  }
}

}  // namespace
}  // namespace hearth::engine
