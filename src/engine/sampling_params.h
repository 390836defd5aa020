// SamplingParams: how the next token is drawn, as plain numbers; every wire format maps onto it.
//
// The defaults change nothing: temperature 1, no filter, no penalty.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace hearth::engine {

struct SamplingParams {
  float temperature = 1.0F;  // 0: greedy
  float top_p = 1.0F;
  std::int32_t top_k = 0;  // 0 or less: all
  float min_p = 0.0F;
  float repeat_penalty = 1.0F;                             // over the last repeat_last_n tokens, prompt included
  std::int32_t repeat_last_n = 64;                         // -1: the whole context
  float presence_penalty = 0.0F;                           // generated tokens only
  float frequency_penalty = 0.0F;                          // generated tokens only
  std::vector<std::pair<std::int32_t, float>> logit_bias;  // token, added to its logit; <= -100 bans
  std::uint64_t seed = 0;                                  // the caller draws one for an unseeded request
  bool ignore_eos = false;                                 // stop_ids are never drawn
};

}  // namespace hearth::engine
