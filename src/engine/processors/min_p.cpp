// Drops tokens less probable than min_p times the most probable one (Nguyen et al., 2024).
#include <algorithm>
#include <cmath>

#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

bool active(const SamplingParams& params) {
  return params.min_p > 0;
}

void apply(LogitsState& state) {
  auto& candidates = state.candidates;
  const double max = std::ranges::min_element(candidates, ranks_before)->logit;
  // The best one stays even where min_p above 1 asks for more than it has.
  const double threshold = std::min(max, max + std::log(static_cast<double>(state.params.min_p)));
  std::erase_if(candidates, [&](const Candidate& candidate) { return candidate.logit < threshold; });
}

}  // namespace

const LogitsProcessor kMinP = {"min_p", active, apply};

}  // namespace hearth::engine
