// OpenAI's penalties, over generated tokens only: presence once per token, frequency once per occurrence.
#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

bool active(const SamplingParams& params) {
  return params.presence_penalty != 0 || params.frequency_penalty != 0;
}

void apply(LogitsState& state) {
  const auto generated = state.tokens.subspan(static_cast<std::size_t>(state.n_prompt));
  for (const TokenId token : generated) {
    ++state.counts[static_cast<std::size_t>(token)];
  }
  for (const TokenId token : generated) {
    const auto i = static_cast<std::size_t>(token);
    if (state.counts[i] > 0) {
      state.logits[i] -=
          state.params.presence_penalty + state.params.frequency_penalty * static_cast<float>(state.counts[i]);
      state.counts[i] = 0;
    }
  }
}

}  // namespace

const LogitsProcessor kPresenceFrequency = {"presence_frequency", active, apply};

}  // namespace hearth::engine
