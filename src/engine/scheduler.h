// Scheduler: decides which rows of which sequences the next step computes, and gives them their blocks.
//
// It knows sequences and blocks, never tensors, and runs in tests without a model. Every running sequence decodes one
// token; what is left of the budget prefills, half for the oldest prompt and half for the one with least left, so that
// a short chat does not wait for a long document. When blocks run out the youngest sequence is put back and recomputed
// later. A recurrent model's sequences hold a state of fixed size in place of blocks. EngineImpl calls it on the engine
// thread: plan(), the forward pass, commit().
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/block_pool.h"
#include "engine/prefix_cache.h"
#include "engine/sequence.h"
#include "engine/state_pool.h"

namespace hearth::engine {

struct SchedulerOptions {
  std::int32_t max_sequences = 64;
  std::int32_t max_step_rows = 512;
  std::int32_t max_prompt_logit_rows = 32;  // rows of a step whose logits are only for prompt_logprobs
  std::vector<std::int32_t> windows;        // per KV group, 0: global
  bool has_state = false;                   // a recurrent model: no KV groups, the pool's one group holds states
  bool prefix_cache = true;
  std::int64_t max_shared_positions = std::numeric_limits<std::int64_t>::max();
};

struct PlannedRows {
  Sequence* sequence = nullptr;
  std::int64_t first_position = 0;
  std::int32_t n_rows = 0;
};

struct StepPlan {
  std::vector<PlannedRows> rows;  // one entry per sequence
  std::int32_t n_rows = 0;
  std::int32_t n_decode_rows = 0;
};

class Scheduler {
 public:
  // `pool` must outlive the scheduler.
  Scheduler(BlockPool& pool, SchedulerOptions options);

  void enqueue(Sequence& sequence);
  // The sequence ended: its blocks are free, or cached. Running or waiting.
  void remove(Sequence& sequence);

  // The next step, at most max_rows rows.
  void plan(std::int32_t max_rows, StepPlan& plan);
  // The planned rows are in the cache.
  void commit(const StepPlan& plan);

  std::int32_t n_decoding() const;
  std::int64_t n_running() const { return static_cast<std::int64_t>(running_.size()); }
  std::int64_t n_waiting() const { return static_cast<std::int64_t>(waiting_.size()); }
  std::int64_t n_preemptions() const { return n_preemptions_; }

  // Bytes of blocks that a sequence with n_positions needs at once, windows counted.
  static std::int64_t bytes_for(const BlockPool& pool, const SchedulerOptions& options, std::int64_t n_positions);

 private:
  std::int64_t bytes_for(std::int64_t n_positions) const { return bytes_for(pool_, options_, n_positions); }
  // Of this, what is not there from the start.
  std::int64_t growing_bytes_for(std::int64_t n_positions) const {
    return options_.has_state ? 0 : bytes_for(n_positions);
  }
  std::int32_t n_kv_groups() const { return static_cast<std::int32_t>(options_.windows.size()); }
  std::int64_t held_bytes(const Sequence& sequence) const;
  std::int64_t shareable_positions(const Sequence& sequence) const;
  void extend_keys(Sequence& sequence) const;
  std::int64_t match_limit(const Sequence& sequence) const;
  std::int64_t match_positions(const Sequence& sequence) const;

  void plan_decodes(StepPlan& plan);
  void plan_prefills(std::int32_t max_rows, StepPlan& plan);
  std::int32_t serve(Sequence& sequence, std::int32_t n_rows, StepPlan& plan);
  std::int32_t prompt_row_limit(const Sequence& sequence, std::int32_t n_rows, const StepPlan& plan) const;
  bool admit(Sequence& sequence);
  bool take_cached(Sequence& sequence, std::int64_t n_matched);
  bool must_wait(Sequence& sequence, std::int64_t n_matched);
  bool must_wait_for_state(Sequence& sequence, std::int64_t n_matched);
  bool fits(Sequence& sequence, std::int64_t n_matched);
  void preempt(Sequence& sequence, StepPlan& plan);

  bool allocate_block(std::int32_t group, BlockTable& table);
  std::int32_t grow(Sequence& sequence, std::int32_t n_rows);
  void release_passed(Sequence& sequence);
  void release_all(Sequence& sequence);
  void insert_full_blocks(Sequence& sequence);
  bool keeps_states() const { return states_.has_value() && options_.prefix_cache; }
  std::int64_t rows_to_kept_state(const Sequence& sequence, std::int64_t n_planned) const;
  void keep_state(Sequence& sequence);

  BlockPool& pool_;
  SchedulerOptions options_;
  PrefixCache cache_;
  std::optional<StatePool> states_;
  std::vector<Sequence*> running_;  // both by id: oldest first
  std::vector<Sequence*> waiting_;
  std::int64_t n_preemptions_ = 0;
};

}  // namespace hearth::engine
