// Logits processors: everything that changes what may be drawn, one file each, in one order.
//
//   over the vocabulary:  logit_bias, ignore_eos, repeat_penalty, presence_frequency
//   over the candidates:  temperature, top_k, top_p, min_p
//
// Log-probabilities are taken before all of them. To add one: a file with a LogitsProcessor, a row in processors.cpp.
// Sampler runs them; they keep nothing between tokens, so that a sequence can be recomputed or batched anyhow.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/sampling_params.h"
#include "engine/token_id.h"
#include "engine/vocab_scan.h"

namespace hearth::engine {

// What one draw works on.
struct LogitsState {
  const SamplingParams& params;
  std::span<const TokenId> tokens;  // prompt and generated
  std::int64_t n_prompt = 0;
  std::span<const TokenId> stop_ids;
  std::span<float> logits;             // [n_vocab]
  std::vector<Candidate>& candidates;  // after the vocabulary processors: by token, or best first once `sorted`
  bool sorted = false;
  std::vector<std::int32_t>& counts;  // [n_vocab], all zero between processors
  double total = 0;  // weight of the whole row where the candidates are only its best part; 0: they are all there is
};

struct LogitsProcessor {
  const char* name;
  bool (*active)(const SamplingParams& params);
  void (*apply)(LogitsState& state);
};

// In their order.
std::span<const LogitsProcessor> vocabulary_processors();
std::span<const LogitsProcessor> candidate_processors();

extern const LogitsProcessor kLogitBias;
extern const LogitsProcessor kIgnoreEos;
extern const LogitsProcessor kRepeatPenalty;
extern const LogitsProcessor kPresenceFrequency;
extern const LogitsProcessor kTemperature;
extern const LogitsProcessor kTopK;
extern const LogitsProcessor kTopP;
extern const LogitsProcessor kMinP;

}  // namespace hearth::engine
