// LogitsObserver: sees every row of logits before anything changes it.
//
// The invariance tests compare rows bit for bit through it; log-probabilities of the API would hide small differences.
#pragma once

#include <cstdint>
#include <span>

#include "engine/token_id.h"

namespace hearth::engine {

class LogitsObserver {
 public:
  virtual ~LogitsObserver() = default;
  // `position` is the row's own: the logits are those of the token at position + 1. Engine thread.
  virtual void on_logits(SequenceId sequence, std::int64_t position, std::span<const float> logits) = 0;
};

}  // namespace hearth::engine
