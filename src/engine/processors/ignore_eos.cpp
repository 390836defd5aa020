// Never draws a stop id, so that a reply goes on to its length.
#include <limits>

#include "engine/processors/processors.h"

namespace hearth::engine {
namespace {

bool active(const SamplingParams& params) {
  return params.ignore_eos;
}

void apply(LogitsState& state) {
  for (const TokenId token : state.stop_ids) {
    state.logits[static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
  }
}

}  // namespace

const LogitsProcessor kIgnoreEos = {"ignore_eos", active, apply};

}  // namespace hearth::engine
