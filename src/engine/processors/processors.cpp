#include "engine/processors/processors.h"

#include <array>

namespace hearth::engine {

std::span<const LogitsProcessor> vocabulary_processors() {
  static const std::array kProcessors = {kLogitBias, kIgnoreEos, kRepeatPenalty, kPresenceFrequency};
  return kProcessors;
}

std::span<const LogitsProcessor> candidate_processors() {
  static const std::array kProcessors = {kTemperature, kTopK, kTopP, kMinP};
  return kProcessors;
}

}  // namespace hearth::engine
