#include <cmath>
#include <random>

#include "engine/processors/processor_fixture.h"

namespace hearth::engine {
namespace {

ProcessorFixture with_probabilities(const std::vector<double>& probabilities, float top_p) {
  ProcessorFixture fixture;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    fixture.candidates.push_back({static_cast<TokenId>(i), static_cast<float>(std::log(probabilities[i]))});
  }
  fixture.params.top_p = top_p;
  return fixture;
}

TEST(TopP, KeepsTheFewestThatAddUp) {
  const auto kept = [&](float top_p) {
    ProcessorFixture fixture = with_probabilities({0.1, 0.4, 0.2, 0.3}, top_p);
    fixture.apply(kTopP);
    return fixture.candidate_tokens();
  };
  EXPECT_EQ(kept(0.0F), (std::vector<TokenId>{1}));
  EXPECT_EQ(kept(0.39F), (std::vector<TokenId>{1}));
  EXPECT_EQ(kept(0.41F), (std::vector<TokenId>{1, 3}));
  EXPECT_EQ(kept(0.75F), (std::vector<TokenId>{1, 3, 2}));
  EXPECT_EQ(kept(0.95F), (std::vector<TokenId>{1, 3, 2, 0}));
}

TEST(TopP, PartialSortingEqualsSortingWhole) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> weight(0.5, 1.5);
  std::vector<double> probabilities(5000);
  std::ranges::generate(probabilities, [&] { return weight(random); });
  for (const float top_p : {0.01F, 0.3F, 0.9F, 0.999F}) {
    ProcessorFixture partial = with_probabilities(probabilities, top_p);
    partial.apply(kTopP);
    ProcessorFixture whole = with_probabilities(probabilities, top_p);
    std::ranges::sort(whole.candidates, ranks_before);
    whole.apply(kTopP, /*sorted=*/true);
    EXPECT_GE(partial.candidates.size(), 10U);
    EXPECT_LT(partial.candidates.size(), 5000U);
    // The total is added up in another order, so the last token may differ.
    const std::size_t n = std::min(partial.candidates.size(), whole.candidates.size()) - 1;
    EXPECT_NEAR(static_cast<double>(partial.candidates.size()), static_cast<double>(whole.candidates.size()), 1);
    std::vector<TokenId> a = partial.candidate_tokens();
    std::vector<TokenId> b = whole.candidate_tokens();
    a.resize(n);
    b.resize(n);
    EXPECT_EQ(a, b);
  }
}

}  // namespace
}  // namespace hearth::engine
