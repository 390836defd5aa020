// Passes over one row of logits, written so that a vocabulary of 262,144 tokens costs microseconds, not milliseconds.
//
// None sorts a whole row or branches on every value. A NaN counts as no value.
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
// log Σ exp(logit), to 1e-6.
double log_sum_exp(std::span<const float> logits);

// exp(logit / temperature), scaled so that the largest is 1; 0 below e^-80. One formula for every use of a row, so that
// what is summed is what is drawn from.
class SoftmaxRow {
 public:
  // max: the row's largest logit, finite.
  SoftmaxRow(std::span<const float> logits, float max, float temperature, std::vector<double>& scratch);

  double total() const { return total_; }
  // The token at which the running sum of weights exceeds random * total; random in [0, 1).
  TokenId draw(double random) const;

 private:
  std::span<const float> logits_;
  float max_;
  float inverse_temperature_;
  std::vector<double>& sums_;  // per kSoftmaxBlock tokens
  double total_ = 0;
};

}  // namespace hearth::engine
