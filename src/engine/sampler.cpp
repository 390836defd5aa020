#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/philox.h"
#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

// Tokens e^-30 less probable than the best are never drawn: 262,144 of them weigh less than 3e-8 together, below what
// float logits resolve. In real rows that leaves hundreds of candidates.
constexpr float kNegligible = 30.0F;

TokenId draw_from(std::span<const Candidate> candidates, double random) {
  const double max = std::ranges::min_element(candidates, ranks_before)->logit;
  double total = 0;
  for (const Candidate& candidate : candidates) {
    total += std::exp(candidate.logit - max);
  }
  double left = random * total;
  TokenId last = candidates.front().token;
  for (const Candidate& candidate : candidates) {
    last = candidate.token;
    left -= std::exp(candidate.logit - max);
    if (left < 0) {
      break;
    }
  }
  return last;
}

}  // namespace

Result<TokenId> Sampler::draw(std::span<float> logits, const DrawContext& context) {
  const SamplingParams& params = context.params;
  LogitsState state{params, context.tokens, context.n_prompt, context.stop_ids, logits, candidates_, false, counts_};
  for (const LogitsProcessor& processor : vocabulary_processors()) {
    if (processor.active(params)) {
      processor.apply(state);
    }
  }
  const float max = max_logit(logits);
  if (!std::isfinite(max)) {
    return fail(ErrorCode::kInternal, "no token can be drawn: every one is banned or has no finite logit");
  }
  if (params.temperature <= 0) {
    return argmax(logits);
  }
  // A huge temperature must not let banned tokens (-infinity) in.
  const float threshold = std::max(max - kNegligible * params.temperature, std::numeric_limits<float>::lowest());
  collect_at_least(logits, threshold, candidates_);
  for (const LogitsProcessor& processor : candidate_processors()) {
    if (processor.active(params)) {
      processor.apply(state);
    }
  }
  const DrawKey key{params.seed, static_cast<std::uint32_t>(context.choice_index), context.tokens.size(), 0};
  return draw_from(candidates_, uniform(key));
}

}  // namespace hearth::engine
