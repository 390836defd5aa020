// Nucleus sampling (Holtzman et al., 2019): the fewest tokens whose probabilities add up to top_p, at least one.
#include <algorithm>
#include <cmath>

#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

constexpr std::size_t kFirstSorted = 256;  // enough for nearly every nucleus

bool active(const SamplingParams& params) {
  return params.top_p < 1.0F;
}

// Sorts the best n to the front. A flat distribution over a large vocabulary would take 20 ms to sort whole.
void sort_front(std::vector<Candidate>& candidates, std::size_t n_done, std::size_t n) {
  const auto begin = candidates.begin() + static_cast<std::ptrdiff_t>(n_done);
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(n);
  if (n < candidates.size()) {
    std::ranges::nth_element(begin, end, candidates.end(), ranks_before);
  }
  std::ranges::sort(begin, end, ranks_before);
}

void apply(LogitsState& state) {
  auto& candidates = state.candidates;
  const double max = std::ranges::min_element(candidates, ranks_before)->logit;
  double total = state.total;
  for (std::size_t i = 0; i < candidates.size() && state.total == 0; ++i) {
    total += std::exp(candidates[i].logit - max);
  }
  const double wanted = static_cast<double>(state.params.top_p) * total;
  std::size_t n_sorted = state.sorted ? candidates.size() : 0;
  std::size_t n_kept = 0;
  for (double sum = 0; n_kept < candidates.size() && (n_kept == 0 || sum < wanted); ++n_kept) {
    if (n_kept == n_sorted) {
      const std::size_t n = std::min(candidates.size(), std::max(kFirstSorted, 4 * n_sorted));
      sort_front(candidates, n_sorted, n);
      n_sorted = n;
    }
    sum += std::exp(candidates[n_kept].logit - max);
  }
  candidates.resize(n_kept);
  state.sorted = true;
}

}  // namespace

const LogitsProcessor kTopP = {"top_p", active, apply};

}  // namespace hearth::engine
