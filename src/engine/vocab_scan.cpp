#include "engine/vocab_scan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace hearth::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
// Values per block: its maximum is found without branches, and most blocks are then skipped.
constexpr std::size_t kLanes = 16;
constexpr double kNegligible = 40;  // see the header

// `x > lane ? x : lane` is the maxps instruction, NaN included.
float block_max(const float* x) {
  std::array<float, kLanes> lanes{};
  for (std::size_t i = 0; i < kLanes; ++i) {
    lanes[i] = x[i] > -kInfinity ? x[i] : -kInfinity;
  }
  for (std::size_t width = kLanes / 2; width > 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i) {
      lanes[i] = lanes[i + width] > lanes[i] ? lanes[i + width] : lanes[i];
    }
  }
  return lanes[0];
}

// Calls visit(token, logit) for logits >= *threshold, ascending by token; visit may raise the threshold.
template <typename Visit>
void for_each_at_least(std::span<const float> logits, const float& threshold, Visit visit) {
  std::size_t i = 0;
  for (; i + kLanes <= logits.size(); i += kLanes) {
    if (block_max(&logits[i]) < threshold) {
      continue;
    }
    for (std::size_t j = i; j < i + kLanes; ++j) {
      if (logits[j] >= threshold) {
        visit(static_cast<TokenId>(j), logits[j]);
      }
    }
  }
  for (; i < logits.size(); ++i) {
    if (logits[i] >= threshold) {
      visit(static_cast<TokenId>(i), logits[i]);
    }
  }
}

}  // namespace

bool ranks_before(const Candidate& a, const Candidate& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

float max_logit(std::span<const float> logits) {
  std::array<float, kLanes> lanes{};
  lanes.fill(-kInfinity);
  std::size_t i = 0;
  for (; i + kLanes <= logits.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float x = logits[i + lane];
      lanes[lane] = x > lanes[lane] ? x : lanes[lane];
    }
  }
  for (; i < logits.size(); ++i) {
    lanes[0] = logits[i] > lanes[0] ? logits[i] : lanes[0];
  }
  return *std::ranges::max_element(lanes);
}

TokenId argmax(std::span<const float> logits) {
  const float max = max_logit(logits);
  if (max == -kInfinity) {
    return -1;
  }
  return static_cast<TokenId>(std::ranges::find(logits, max) - logits.begin());
}

void collect_at_least(std::span<const float> logits, float threshold, std::vector<Candidate>& candidates) {
  candidates.clear();
  for_each_at_least(logits, threshold, [&](TokenId token, float logit) { candidates.push_back({token, logit}); });
}

void collect_top(std::span<const float> logits, std::int32_t k, std::vector<Candidate>& candidates) {
  candidates.clear();
  if (k <= 0) {
    return;
  }
  // A heap whose front is the worst of the best: most values stay below it and cost one comparison per block.
  float threshold = -kInfinity;
  for_each_at_least(logits, threshold, [&](TokenId token, float logit) {
    const Candidate candidate{token, logit};
    if (candidates.size() == static_cast<std::size_t>(k)) {
      if (!ranks_before(candidate, candidates.front())) {
        return;
      }
      std::ranges::pop_heap(candidates, ranks_before);
      candidates.pop_back();
    }
    candidates.push_back(candidate);
    std::ranges::push_heap(candidates, ranks_before);
    if (candidates.size() == static_cast<std::size_t>(k)) {
      threshold = candidates.front().logit;
    }
  });
  std::ranges::sort(candidates, ranks_before);
}

double log_sum_exp(std::span<const float> logits) {
  const double max = max_logit(logits);
  if (!std::isfinite(max)) {
    return max;
  }
  double sum = 0;
  const auto threshold = static_cast<float>(max - kNegligible);
  for_each_at_least(logits, threshold, [&](TokenId, float logit) { sum += std::exp(logit - max); });
  return max + std::log(sum);
}

}  // namespace hearth::engine
