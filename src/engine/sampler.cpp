#include "engine/sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/philox.h"
#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

// Candidates are the tokens up to so many natural units below the best. Where that is not the whole row, the next
// distance is tried until they hold what top_p asks for; real rows seldom need the second.
constexpr std::array kDistances = {5.0F, 12.0F, 80.0F};
// Up to here a heap finds the k best faster than collecting and sorting.
constexpr std::int32_t kMaxHeap = 1024;

// Fills the candidates with what top_k, top_p and min_p can leave, and no more than needed.
void collect_candidates(std::span<const float> logits, float max, LogitsState& state, std::vector<double>& sums) {
  const SamplingParams& params = state.params;
  // A huge temperature must not let banned tokens (-infinity) in.
  const auto threshold = [&](float distance) {
    return std::max(max - distance * params.temperature, std::numeric_limits<float>::lowest());
  };
  if (params.top_k > 0 && params.top_k <= kMaxHeap) {
    collect_top(logits, params.top_k, state.candidates);
    std::erase_if(state.candidates, [&](const Candidate& candidate) { return candidate.logit < threshold(80.0F); });
    return;
  }
  if (params.top_k <= 0 && params.top_p >= 1) {  // min_p alone
    collect_at_least(logits, threshold(std::min(80.0F, -std::log(params.min_p) + 0.01F)), state.candidates);
    return;
  }
  if (params.top_k > 0) {
    collect_at_least(logits, threshold(80.0F), state.candidates);
    return;
  }
  state.total = SoftmaxRow(logits, max, params.temperature, sums).total();
  for (const float distance : kDistances) {
    collect_at_least(logits, threshold(distance), state.candidates);
    double weight = 0;
    for (const Candidate& candidate : state.candidates) {
      weight += std::exp((candidate.logit - max) / params.temperature);
    }
    if (weight >= params.top_p * state.total) {
      return;
    }
  }
}

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
  const DrawKey key{params.seed, static_cast<std::uint32_t>(context.choice_index), context.tokens.size(), 0};
  if (params.top_k <= 0 && params.top_p >= 1 && params.min_p <= 0) {
    return SoftmaxRow(logits, max, params.temperature, sums_).draw(uniform(key));
  }
  collect_candidates(logits, max, state, sums_);
  for (const LogitsProcessor& processor : candidate_processors()) {
    if (processor.active(params)) {
      processor.apply(state);
    }
  }
  return draw_from(candidates_, uniform(key));
}

}  // namespace hearth::engine
