// Keeps the k most probable tokens.
#include <algorithm>

#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

bool active(const SamplingParams& params) {
  return params.top_k > 0;
}

void apply(LogitsState& state) {
  const auto k = static_cast<std::size_t>(state.params.top_k);
  auto& candidates = state.candidates;
  if (candidates.size() > k) {
    std::ranges::nth_element(candidates, candidates.begin() + static_cast<std::ptrdiff_t>(k), ranks_before);
    candidates.resize(k);
  }
  std::ranges::sort(candidates, ranks_before);
  state.sorted = true;
}

}  // namespace

const LogitsProcessor kTopK = {"top_k", active, apply};

}  // namespace hearth::engine
