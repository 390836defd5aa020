// Log-probabilities of a row of logits before any processor changes it, as OpenAI reports them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "engine/vocab_scan.h"

namespace hearth::engine {

struct RowLogprobs {
  double log_sum = 0;             // log Σ exp(logit): subtract it from a logit
  std::vector<TokenLogprob> top;  // most probable first
};

// `scratch` is reused between rows.
RowLogprobs row_logprobs(std::span<const float> logits, std::int32_t n_top, std::vector<Candidate>& scratch);

}  // namespace hearth::engine
