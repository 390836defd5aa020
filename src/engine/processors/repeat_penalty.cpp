// Makes the last tokens, prompt included, less likely, however often they occur (Keskar et al., "CTRL", 2019, 4.1).
#include <algorithm>

#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

bool active(const SamplingParams& params) {
  return params.repeat_penalty != 1.0F && params.repeat_last_n != 0;
}

void apply(LogitsState& state) {
  const auto n_tokens = state.tokens.size();
  const std::int32_t last_n = state.params.repeat_last_n;
  const auto n_last = last_n < 0 ? n_tokens : std::min(n_tokens, static_cast<std::size_t>(last_n));
  const auto recent = state.tokens.last(n_last);
  for (const TokenId token : recent) {
    const auto i = static_cast<std::size_t>(token);
    if (state.counts[i]++ == 0) {
      float& logit = state.logits[i];
      logit = logit > 0 ? logit / state.params.repeat_penalty : logit * state.params.repeat_penalty;
    }
  }
  for (const TokenId token : recent) {
    state.counts[static_cast<std::size_t>(token)] = 0;
  }
}

}  // namespace

const LogitsProcessor kRepeatPenalty = {"repeat_penalty", active, apply};

}  // namespace hearth::engine
