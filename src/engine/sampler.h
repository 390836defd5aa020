// Sampler: draws the next token of a sequence from a row of logits.
//
// A pure function of the row, the tokens so far and the sampling parameters: nothing is kept but scratch memory, so one
// Sampler serves all sequences of a worker thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/sampling_params.h"
#include "engine/token_id.h"
#include "engine/vocab_scan.h"

namespace hearth::engine {

struct DrawContext {
  const SamplingParams& params;
  std::span<const TokenId> tokens;  // prompt and generated
  std::int64_t n_prompt = 0;
  std::span<const TokenId> stop_ids;
  std::int32_t choice_index = 0;
};

class Sampler {
 public:
  explicit Sampler(std::int32_t n_vocab) : counts_(static_cast<std::size_t>(n_vocab), 0) {}

  // Changes `logits`. Errors: internal when no token is left (all banned, or the row is not finite).
  Result<TokenId> draw(std::span<float> logits, const DrawContext& context);

 private:
  std::vector<Candidate> candidates_;
  std::vector<double> sums_;
  std::vector<std::int32_t> counts_;
};

}  // namespace hearth::engine
