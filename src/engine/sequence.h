// Sequence: one prompt and its reply while the engine works on it.
//
// Owned by the engine, scheduled by Scheduler. Whatever state a draw depends on is derived from `tokens`, so a sequence
// that was put back and recomputed goes on as if nothing had happened.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/block_key.h"
#include "engine/engine.h"

namespace hearth::engine {

// The blocks of one KV group: block id of positions [32 i, 32 i + 32), -1 where the window has passed.
struct BlockTable {
  std::vector<std::int32_t> blocks;
  std::int32_t n_passed = 0;  // leading entries that are -1
};

struct Sequence {
  SequenceId id = 0;
  SequenceRequest request;
  std::shared_ptr<TokenSink> sink;

  std::vector<TokenId> tokens;  // prompt, then generated
  std::int64_t n_prompt = 0;
  std::int64_t max_tokens = 0;  // prompt and generated together

  std::int64_t n_computed = 0;           // leading positions that are in the cache or the state
  std::vector<BlockTable> tables;        // one per KV group
  std::int32_t state_block = -1;         // of a recurrent model: its state, while it runs
  std::vector<BlockKey> keys;            // of the full blocks of `tokens`, extended on demand
  BlockKey root{};                       // parent of keys[0]
  std::int64_t n_inserted = 0;           // leading blocks offered to the prefix cache
  std::vector<std::int64_t> kept_ends;   // block counts before which window blocks stay cached
  std::vector<std::int64_t> state_ends;  // positions after which a recurrent state is kept
  std::int64_t n_left_estimate = 0;      // rows still to compute, while waiting
  bool lacks_blocks = false;             // why it still waits
  std::int32_t n_bypassed = 0;           // younger ones admitted meanwhile
  bool running = false;
  bool progressed = false;  // got rows in the last step

  bool admitted_once = false;
  bool left_queue = false;             // got its first rows
  bool reported = false;               // has had its first event
  std::int64_t n_cached_tokens = 0;    // prompt tokens of the first admission's prefix hit
  std::int64_t n_prompt_reported = 0;  // prompt tokens sent with their log-probability

  std::int64_t n_tokens() const { return static_cast<std::int64_t>(tokens.size()); }
  std::int64_t n_pending() const { return n_tokens() - n_computed; }
  std::int64_t n_generated() const { return n_tokens() - n_prompt; }
  // Only the token drawn last is still to be computed.
  bool decodes() const { return n_generated() > 0 && n_pending() == 1; }
  // Whose distribution is asked for: rows from here on are computed with logits and not taken from the cache.
  bool wants_prompt_rows() const { return request.prompt_logprobs && n_prompt_reported < n_prompt; }
};

}  // namespace hearth::engine
