#include "model/router.h"

#include <algorithm>
#include <cmath>

namespace hearth::model {

void choose_experts(const ExpertSpec& spec, std::span<const float> logits, std::int32_t* experts, float* weights) {
  const auto is_chosen = [&](std::int32_t n, std::int32_t expert) {
    return std::find(experts, experts + n, expert) != experts + n;
  };
  for (std::int32_t rank = 0; rank < spec.n_used; ++rank) {
    std::int32_t best = -1;
    for (std::int32_t expert = 0; expert < spec.n_experts; ++expert) {
      const float logit = logits[static_cast<std::size_t>(expert)];
      if (!is_chosen(rank, expert) && (best < 0 || logit > logits[static_cast<std::size_t>(best)])) {
        best = expert;
      }
    }
    experts[rank] = best;
  }
  const float max = logits[static_cast<std::size_t>(experts[0])];
  float sum = 0.0F;
  if (spec.renormalise) {
    for (std::int32_t rank = 0; rank < spec.n_used; ++rank) {
      sum += std::exp(logits[static_cast<std::size_t>(experts[rank])] - max);
    }
  } else {
    for (const float logit : logits) {
      sum += std::exp(logit - max);
    }
  }
  for (std::int32_t rank = 0; rank < spec.n_used; ++rank) {
    weights[rank] = std::exp(logits[static_cast<std::size_t>(experts[rank])] - max) / sum;
  }
}

void sort_slots(const ExpertSpec& spec, const std::int32_t* experts, std::int64_t n_rows, Routing& routing) {
  std::fill_n(routing.first_slots, spec.n_experts + 1, 0);
  for (std::int64_t i = 0; i < n_rows * spec.n_used; ++i) {
    ++routing.first_slots[experts[i] + 1];
  }
  for (std::int32_t expert = 0; expert < spec.n_experts; ++expert) {
    routing.first_slots[expert + 1] += routing.first_slots[expert];
  }
  // first_slots[e] serves as the next free slot of expert e, then the starts are restored.
  for (std::int64_t i = 0; i < n_rows * spec.n_used; ++i) {
    const std::int32_t slot = routing.first_slots[experts[i]]++;
    routing.slots[i] = slot;
    routing.slot_rows[slot] = static_cast<std::int32_t>(i / spec.n_used);
  }
  for (std::int32_t expert = spec.n_experts; expert > 0; --expert) {
    routing.first_slots[expert] = routing.first_slots[expert - 1];
  }
  routing.first_slots[0] = 0;
}

}  // namespace hearth::model
