// Passes over one row of logits, written so that a vocabulary of 262,144 tokens costs microseconds, not milliseconds.
//
// None sorts or exponentiates the whole row: softmax terms e^-40 below the largest are left out, which changes a sum
// over 262,144 of them by less than one part in 10^12. A NaN counts as no value.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/token_id.h"

namespace hearth::engine {

struct Candidate {
  TokenId token = 0;
  float logit = 0;
};

// Before another: higher logit, then lower token.
bool ranks_before(const Candidate& a, const Candidate& b);

// -infinity when there is no finite value and no +infinity.
float max_logit(std::span<const float> logits);
// The lowest token of the highest logit; -1 when every logit is -infinity or NaN.
TokenId argmax(std::span<const float> logits);
// Tokens with logit >= threshold, by token.
void collect_at_least(std::span<const float> logits, float threshold, std::vector<Candidate>& candidates);
// The k best, best first.
void collect_top(std::span<const float> logits, std::int32_t k, std::vector<Candidate>& candidates);
// log Σ exp(logit).
double log_sum_exp(std::span<const float> logits);

}  // namespace hearth::engine
