// What the tests of single logits processors share: a state to work on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "engine/processors/processors.h"

namespace hearth::engine {

inline constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

struct ProcessorFixture {
  SamplingParams params;
  std::vector<TokenId> tokens;
  std::int64_t n_prompt = 0;
  std::vector<TokenId> stop_ids;
  std::vector<float> logits;
  std::vector<Candidate> candidates;

  // Applies one processor to the logits, or to the candidates when there are some.
  void apply(const LogitsProcessor& processor, bool sorted = false) {
    std::vector<std::int32_t> counts(logits.size(), 0);
    LogitsState state{params, tokens, n_prompt, stop_ids, logits, candidates, sorted, counts};
    ASSERT_TRUE(processor.active(params));
    processor.apply(state);
    EXPECT_TRUE(std::ranges::all_of(counts, [](std::int32_t count) { return count == 0; }));
  }

  std::vector<TokenId> candidate_tokens() const {
    std::vector<TokenId> result;
    for (const Candidate& candidate : candidates) {
      result.push_back(candidate.token);
    }
    return result;
  }
};

}  // namespace hearth::engine
