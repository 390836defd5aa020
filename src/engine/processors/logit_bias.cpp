// Adds what the request asked for to single tokens; -100 or less bans a token outright.
#include <limits>

#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

constexpr float kBan = -100.0F;  // OpenAI's lowest value, documented there as a ban

bool active(const SamplingParams& params) {
  return !params.logit_bias.empty();
}

void apply(LogitsState& state) {
  for (const auto& [token, bias] : state.params.logit_bias) {
    float& logit = state.logits[static_cast<std::size_t>(token)];
    logit = bias <= kBan ? -std::numeric_limits<float>::infinity() : logit + bias;
  }
}

}  // namespace

const LogitsProcessor kLogitBias = {"logit_bias", active, apply};

}  // namespace hearth::engine
