#include "engine/vocab_scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace hearth::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
// Values per block: its maximum is found without branches, and most blocks are then skipped.
constexpr std::size_t kLanes = 16;
// Tokens whose weights are summed in float before the sum is added in double.
constexpr std::size_t kSoftmaxBlock = 256;
constexpr float kLowestExponent = -80.0F;  // below it a weight would not be a normal number

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

// Four values at once, by the vector extension of gcc and clang: any x86-64 or arm64 has registers for them, and the
// loop below is one that compilers do not turn into vector code by themselves.
using Floats = float __attribute__((vector_size(16)));
using Ints = std::int32_t __attribute__((vector_size(16)));

// exp(x) for x <= 0, 0 below -80 and for NaN: the polynomial of Cephes' expf (Moshier, 1989).
Floats weights(Floats x) {
  const Ints kept = x >= kLowestExponent;  // all bits set, or none
  const Floats y = std::bit_cast<Floats>((std::bit_cast<Ints>(x) & kept) |
                                         (std::bit_cast<Ints>(Floats{} + kLowestExponent) & ~kept));
  const Ints n = __builtin_convertvector(y * 1.44269504F - 0.5F, Ints);
  const Floats power = __builtin_convertvector(n, Floats);
  const Floats f = y - power * 0.693359375F - power * -2.12194440e-4F;
  Floats p = f * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * f + 8.3334519073e-3F;
  p = p * f + 4.1665795894e-2F;
  p = p * f + 1.6666665459e-1F;
  p = p * f + 5.0000001201e-1F;
  p = p * f * f + f + 1.0F;
  return std::bit_cast<Floats>((std::bit_cast<Ints>(p) + (n << 23)) & kept);
}

float weight(float x) {
  return weights(Floats{} + x)[0];
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
  const float max = max_logit(logits);
  if (!std::isfinite(max)) {
    return max;
  }
  std::vector<double> sums;
  return max + std::log(SoftmaxRow(logits, max, 1.0F, sums).total());
}

SoftmaxRow::SoftmaxRow(std::span<const float> logits, float max, float temperature, std::vector<double>& scratch)
    : logits_(logits), max_(max), inverse_temperature_(1.0F / temperature), sums_(scratch) {
  sums_.clear();
  for (std::size_t begin = 0; begin < logits.size(); begin += kSoftmaxBlock) {
    const auto block = logits.subspan(begin, std::min(kSoftmaxBlock, logits.size() - begin));
    Floats lanes{};
    std::size_t i = 0;
    for (; i + 4 <= block.size(); i += 4) {
      Floats x{};
      std::memcpy(&x, &block[i], sizeof(x));
      lanes += weights((x - max_) * inverse_temperature_);
    }
    double sum = double{lanes[0]} + lanes[1] + lanes[2] + lanes[3];
    for (; i < block.size(); ++i) {
      sum += weight((block[i] - max_) * inverse_temperature_);
    }
    sums_.push_back(sum);
    total_ += sum;
  }
}

TokenId SoftmaxRow::draw(double random) const {
  double left = random * total_;
  std::size_t block = 0;
  while (block + 1 < sums_.size() && left >= sums_[block]) {
    left -= sums_[block++];
  }
  // Rounding may carry the search past the end of a block, or into a last block without weight: then the last token
  // with any weight up to there is it.
  TokenId last = -1;
  const std::size_t end = std::min(logits_.size(), (block + 1) * kSoftmaxBlock);
  for (std::size_t i = block * kSoftmaxBlock; i < end && left >= 0; ++i) {
    const float w = weight((logits_[i] - max_) * inverse_temperature_);
    last = w > 0 ? static_cast<TokenId>(i) : last;
    left -= w;
  }
  for (std::size_t i = block * kSoftmaxBlock; last < 0 && i-- > 0;) {
    last = weight((logits_[i] - max_) * inverse_temperature_) > 0 ? static_cast<TokenId>(i) : last;
  }
  return last;
}

}  // namespace hearth::engine
