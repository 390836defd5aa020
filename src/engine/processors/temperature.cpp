// Divides logits by the temperature. Temperature 0 never comes here: Sampler takes the best token at once.
#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

bool active(const SamplingParams& params) {
  return params.temperature != 1.0F;
}

void apply(LogitsState& state) {
  for (Candidate& candidate : state.candidates) {
    candidate.logit /= state.params.temperature;
  }
}

}  // namespace

const LogitsProcessor kTemperature = {"temperature", active, apply};

}  // namespace hearth::engine
