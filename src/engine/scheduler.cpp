#include "engine/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "kernels/attention.h"

namespace hearth::engine {
namespace {

using kernels::kKvBlockPositions;

// How many younger prompts may pass the oldest waiting one while it finds no blocks: short ones get through, yet it
// does not starve.
constexpr std::int32_t kMaxBypasses = 16;
// A recurrent state is kept after so many positions of a long text.
constexpr std::int64_t kStateInterval = 1024;
// What a prompt must share with one that is being computed to wait for its state: a copy costs about as much as the
// rows of a few tokens.
constexpr std::int64_t kLeastSharedPositions = 32;

std::int64_t blocks_for(std::int64_t n_positions) {
  return (n_positions + kKvBlockPositions - 1) / kKvBlockPositions;
}

bool older(const Sequence* a, const Sequence* b) {
  return a->id < b->id;
}

void insert_by_age(std::vector<Sequence*>& list, Sequence& sequence) {
  list.insert(std::ranges::upper_bound(list, &sequence, older), &sequence);
}

PlannedRows* find_planned(StepPlan& plan, const Sequence& sequence) {
  const auto found = std::ranges::find(plan.rows, &sequence, &PlannedRows::sequence);
  return found == plan.rows.end() ? nullptr : &*found;
}

}  // namespace

Scheduler::Scheduler(BlockPool& pool, SchedulerOptions options)
    : pool_(pool), options_(std::move(options)), cache_(pool, options_.windows) {
  HEARTH_CHECK(!options_.has_state || options_.windows.empty(), "a model has KV groups or a recurrent state");
  HEARTH_CHECK(pool.n_groups() == n_kv_groups() + (options_.has_state ? 1 : 0), "a window per KV group");
  if (options_.has_state) {
    states_.emplace(pool, n_kv_groups());
  }
}

void Scheduler::enqueue(Sequence& sequence) {
  sequence.tables.resize(options_.windows.size());
  extend_keys(sequence);
  sequence.n_left_estimate = sequence.n_pending() - match_positions(sequence);
  insert_by_age(waiting_, sequence);
}

void Scheduler::remove(Sequence& sequence) {
  if (sequence.running && keeps_states() && sequence.n_computed > 0) {
    extend_keys(sequence);
    states_->keep(sequence);
  } else if (sequence.running && options_.prefix_cache) {
    cache_.keep_turn_end(sequence.keys,
                         std::min(sequence.n_computed, shareable_positions(sequence)) / kKvBlockPositions);
  }
  release_all(sequence);
  std::erase(sequence.running ? running_ : waiting_, &sequence);
  sequence.running = false;
}

void Scheduler::plan(std::int32_t max_rows, StepPlan& plan) {
  plan.rows.clear();
  plan.n_rows = 0;
  plan.n_decode_rows = 0;
  plan_decodes(plan);
  plan_prefills(std::min(max_rows, options_.max_step_rows), plan);
  for (Sequence* sequence : running_) {
    sequence->progressed = find_planned(plan, *sequence) != nullptr;
  }
  HEARTH_CHECK(!plan.rows.empty() || (running_.empty() && waiting_.empty()), "somebody can always go on");
}

void Scheduler::commit(const StepPlan& plan) {
  for (const PlannedRows& rows : plan.rows) {
    Sequence& sequence = *rows.sequence;
    const std::int64_t before = sequence.n_computed;
    sequence.n_computed += rows.n_rows;
    insert_full_blocks(sequence);
    if (keeps_states()) {
      keep_state(sequence);
    }
    if (!options_.prefix_cache) {
      continue;
    }
    // The end of the prompt and the places where others said they would join.
    std::erase_if(sequence.kept_ends, [&](std::int64_t n_blocks) {
      const bool reached = n_blocks * kKvBlockPositions <= sequence.n_computed;
      if (reached && n_blocks * kKvBlockPositions > before) {
        cache_.keep_turn_end(sequence.keys, n_blocks);
      }
      return reached;
    });
  }
}

std::int32_t Scheduler::n_decoding() const {
  return static_cast<std::int32_t>(std::ranges::count_if(running_, &Sequence::decodes));
}

std::int64_t Scheduler::bytes_for(const BlockPool& pool, const SchedulerOptions& options, std::int64_t n_positions) {
  if (options.has_state) {
    return pool.block_bytes(0);
  }
  std::int64_t n_bytes = 0;
  for (std::int32_t group = 0; group < pool.n_groups(); ++group) {
    const std::int32_t window = options.windows[static_cast<std::size_t>(group)];
    std::int64_t n_blocks = blocks_for(n_positions);
    if (window > 0) {
      // A step's rows and the window of its first row; both ends may lie inside a block.
      n_blocks = std::min(n_blocks, blocks_for(window + options.max_step_rows) + 1);
    }
    n_bytes += n_blocks * pool.block_bytes(group);
  }
  return n_bytes;
}

std::int64_t Scheduler::held_bytes(const Sequence& sequence) const {
  std::int64_t n_bytes = sequence.state_block < 0 ? 0 : states_->state_bytes();
  for (std::int32_t group = 0; group < n_kv_groups(); ++group) {
    const BlockTable& table = sequence.tables[static_cast<std::size_t>(group)];
    n_bytes += (static_cast<std::int64_t>(table.blocks.size()) - table.n_passed) * pool_.block_bytes(group);
  }
  return n_bytes;
}

// Leading positions whose keys and values depend on nothing but the tokens before them.
std::int64_t Scheduler::shareable_positions(const Sequence& sequence) const {
  if (!options_.prefix_cache || sequence.n_prompt > options_.max_shared_positions) {
    return 0;
  }
  return std::min(options_.max_shared_positions, sequence.n_tokens());
}

void Scheduler::extend_keys(Sequence& sequence) const {
  const std::int64_t n_keys = shareable_positions(sequence) / kKvBlockPositions;
  while (static_cast<std::int64_t>(sequence.keys.size()) < n_keys) {
    const BlockKey parent = sequence.keys.empty() ? sequence.root : sequence.keys.back();
    const std::span<const TokenId> tokens(sequence.tokens);
    sequence.keys.push_back(
        child_key(parent, tokens.subspan(sequence.keys.size() * kKvBlockPositions, kKvBlockPositions)));
  }
}

std::int64_t Scheduler::match_limit(const Sequence& sequence) const {
  // At least one row is computed: somebody wants its logits.
  std::int64_t n_positions = sequence.n_tokens() - 1;
  if (sequence.wants_prompt_rows()) {
    // Row i - 1 holds the distribution of prompt token i.
    n_positions = std::min(n_positions, std::max<std::int64_t>(0, sequence.n_prompt_reported - 1));
  }
  return n_positions;
}

std::int64_t Scheduler::match_positions(const Sequence& sequence) const {
  const std::int64_t limit = match_limit(sequence);
  if (options_.has_state) {
    return keeps_states() ? states_->match(sequence, limit) : 0;
  }
  return cache_.match(sequence.keys, limit / kKvBlockPositions) * kKvBlockPositions;
}

void Scheduler::plan_decodes(StepPlan& plan) {
  // A copy, since running out of blocks takes sequences out of running_.
  const std::vector<Sequence*> sequences = running_;
  for (Sequence* sequence : sequences) {
    if (!sequence->running || !sequence->decodes()) {
      continue;
    }
    while (sequence->running && grow(*sequence, 1) == 0) {
      preempt(*running_.back(), plan);
    }
    if (sequence->running) {
      plan.rows.push_back({sequence, sequence->n_computed, 1});
      ++plan.n_rows;
      ++plan.n_decode_rows;
    }
  }
}

void Scheduler::plan_prefills(std::int32_t max_rows, StepPlan& plan) {
  std::vector<Sequence*> candidates;
  for (Sequence* sequence : running_) {
    if (!sequence->decodes()) {
      sequence->n_left_estimate = sequence->n_pending();
      candidates.push_back(sequence);
    }
  }
  if (n_running() < options_.max_sequences) {
    candidates.insert(candidates.end(), waiting_.begin(), waiting_.end());
  }
  std::ranges::sort(candidates, older);
  std::int32_t n_left = max_rows - plan.n_rows;
  Sequence* oldest = nullptr;
  for (std::size_t i = 0; i < candidates.size() && n_left > 0 && oldest == nullptr; ++i) {
    const std::int32_t share = candidates.size() == i + 1 ? n_left : (n_left + 1) / 2;
    if (const std::int32_t n_served = serve(*candidates[i], share, plan); n_served > 0) {
      oldest = candidates[i];
      n_left -= n_served;
    }
  }
  std::ranges::stable_sort(candidates, {}, &Sequence::n_left_estimate);
  for (Sequence* sequence : candidates) {
    if (n_left <= 0) {
      return;
    }
    if (sequence != oldest) {
      n_left -= serve(*sequence, n_left, plan);
    }
  }
  if (oldest != nullptr && oldest->running && n_left > 0) {
    serve(*oldest, n_left, plan);
  }
}

// Gives a prompt up to n_rows (more) rows of the step; how many it took.
std::int32_t Scheduler::serve(Sequence& sequence, std::int32_t n_rows, StepPlan& plan) {
  if (!sequence.running && !admit(sequence)) {
    return 0;
  }
  PlannedRows* planned = find_planned(plan, sequence);
  const std::int32_t n_before = planned == nullptr ? 0 : planned->n_rows;
  n_rows = static_cast<std::int32_t>(std::min<std::int64_t>(n_rows, sequence.n_pending() - n_before));
  n_rows = prompt_row_limit(sequence, n_rows, plan);
  if (keeps_states()) {
    n_rows = static_cast<std::int32_t>(std::min<std::int64_t>(n_rows, rows_to_kept_state(sequence, n_before)));
  }
  if (n_rows <= 0) {
    return 0;
  }
  std::int32_t n_grown = grow(sequence, n_before + n_rows);
  while (n_grown <= n_before && running_.back()->id > sequence.id) {
    preempt(*running_.back(), plan);
    n_grown = grow(sequence, n_before + n_rows);
  }
  if (n_grown <= n_before) {
    return 0;
  }
  planned = find_planned(plan, sequence);
  if (planned == nullptr) {
    plan.rows.push_back({&sequence, sequence.n_computed, 0});
    planned = &plan.rows.back();
  }
  planned->n_rows = n_grown;
  plan.n_rows += n_grown - n_before;
  return n_grown - n_before;
}

// Prompt rows with logits are few per step, or their logits would need a gigabyte with a large vocabulary.
std::int32_t Scheduler::prompt_row_limit(const Sequence& sequence, std::int32_t n_rows, const StepPlan& plan) const {
  if (!sequence.wants_prompt_rows()) {
    return n_rows;
  }
  std::int32_t n_used = 0;
  for (const PlannedRows& rows : plan.rows) {
    n_used += rows.sequence->wants_prompt_rows() ? rows.n_rows : 0;
  }
  return std::min(n_rows, options_.max_prompt_logit_rows - n_used);
}

bool Scheduler::admit(Sequence& sequence) {
  if (n_running() >= options_.max_sequences) {
    return false;
  }
  extend_keys(sequence);
  const std::int64_t n_matched = match_positions(sequence);
  if (must_wait(sequence, n_matched) || !fits(sequence, n_matched) || !take_cached(sequence, n_matched)) {
    return false;
  }
  if (!sequence.admitted_once) {
    sequence.admitted_once = true;
    sequence.n_cached_tokens = sequence.n_computed;
  }
  std::erase(waiting_, &sequence);
  insert_by_age(running_, sequence);
  sequence.running = true;
  sequence.progressed = true;  // it will: those beside it in the queue may wait for it already
  sequence.lacks_blocks = false;
  sequence.n_bypassed = 0;
  return true;
}

// Gives a sequence what is cached of it, and says where it should leave something for others.
bool Scheduler::take_cached(Sequence& sequence, std::int64_t n_matched) {
  if (options_.has_state) {
    const std::optional<std::int64_t> n_found = states_->acquire(sequence, keeps_states() ? n_matched : 0);
    sequence.n_computed = n_found.value_or(0);
    // The same prompt again has to compute its last row only, a longer one that and the rest.
    sequence.state_ends.push_back(sequence.n_prompt - 1);
    return n_found.has_value();
  }
  cache_.acquire(sequence.keys, n_matched / kKvBlockPositions, sequence.tables);
  sequence.n_computed = n_matched;
  sequence.n_inserted = n_matched / kKvBlockPositions;
  // A later prompt that repeats this one whole hits one block earlier when the prompt fills its last block.
  const std::int64_t n_prompt_blocks = std::min(sequence.n_prompt, shareable_positions(sequence)) / kKvBlockPositions;
  sequence.kept_ends.push_back(n_prompt_blocks);
  if (n_prompt_blocks > 1 && sequence.n_prompt % kKvBlockPositions == 0) {
    sequence.kept_ends.push_back(n_prompt_blocks - 1);
  }
  return true;
}

// Whether a running sequence is computing the very blocks that this one needs next: then it is quicker to wait. So
// the choices of one request compute their prompt once.
bool Scheduler::must_wait(Sequence& sequence, std::int64_t n_matched) {
  if (options_.has_state) {
    return must_wait_for_state(sequence, n_matched);
  }
  const std::int64_t n_blocks = n_matched / kKvBlockPositions;
  const auto next = static_cast<std::size_t>(n_blocks);
  if (next >= sequence.keys.size() || sequence.wants_prompt_rows()) {
    return false;
  }
  for (Sequence* other : running_) {
    const bool computing = other->progressed && other->keys.size() > next && other->n_inserted <= n_blocks &&
                           other->keys[next] == sequence.keys[next];
    if (!computing) {
      continue;
    }
    const auto [own, theirs] = std::ranges::mismatch(sequence.keys, other->keys);
    // The last row is computed in any case.
    const std::int64_t n_shared =
        std::min<std::int64_t>(own - sequence.keys.begin(), (sequence.n_tokens() - 1) / kKvBlockPositions);
    if (n_shared <= n_blocks) {
      continue;
    }
    if (std::ranges::find(other->kept_ends, n_shared) == other->kept_ends.end()) {
      other->kept_ends.push_back(n_shared);
    }
    return true;
  }
  return false;
}

// The same for a recurrent state: the other one leaves it where the two texts part.
bool Scheduler::must_wait_for_state(Sequence& sequence, std::int64_t n_matched) {
  if (!keeps_states() || sequence.wants_prompt_rows()) {
    return false;
  }
  for (Sequence* other : running_) {
    if (!other->progressed || other->root != sequence.root) {
      continue;
    }
    const auto same_blocks = std::ranges::mismatch(sequence.keys, other->keys).in1 - sequence.keys.begin();
    const auto offset = static_cast<std::size_t>(same_blocks) * kKvBlockPositions;
    const auto own = std::span(sequence.tokens).subspan(offset);
    const auto theirs = std::span(other->tokens).subspan(offset);
    const std::int64_t n_common =
        std::ssize(sequence.tokens) - std::ssize(own) + (std::ranges::mismatch(own, theirs).in1 - own.begin());
    const std::int64_t n_shared = std::min(n_common, match_limit(sequence));
    if (n_shared < n_matched + kLeastSharedPositions || other->n_computed >= n_shared) {
      continue;
    }
    if (std::ranges::find(other->state_ends, n_shared) == other->state_ends.end()) {
      other->state_ends.push_back(n_shared);
    }
    return true;
  }
  return false;
}

// Rows after which the sequence's state is to be kept, beyond those planned.
std::int64_t Scheduler::rows_to_kept_state(const Sequence& sequence, std::int64_t n_planned) const {
  std::int64_t end = (sequence.n_computed / kStateInterval + 1) * kStateInterval;
  for (const std::int64_t position : sequence.state_ends) {
    if (position > sequence.n_computed) {
      end = std::min(end, position);
    }
  }
  return end - sequence.n_computed - n_planned;
}

void Scheduler::keep_state(Sequence& sequence) {
  const std::int64_t position = sequence.n_computed;
  if (position % kStateInterval == 0 || std::ranges::find(sequence.state_ends, position) != sequence.state_ends.end()) {
    extend_keys(sequence);
    states_->keep_copy(sequence);
  }
  std::erase_if(sequence.state_ends, [position](std::int64_t end) { return end <= position; });
}

bool Scheduler::fits(Sequence& sequence, std::int64_t n_matched) {
  if (running_.empty()) {
    return true;
  }
  // What the running ones still need for what they have, a block of each group for each to go on, and this one.
  std::int64_t n_needed = growing_bytes_for(kKvBlockPositions) * (n_running() + 1);
  for (const Sequence* other : running_) {
    n_needed += std::max<std::int64_t>(0, bytes_for(other->n_tokens()) - held_bytes(*other));
  }
  n_needed += std::max<std::int64_t>(0, bytes_for(sequence.n_tokens()) - growing_bytes_for(n_matched)) +
              cache_.cost_bytes(sequence.keys, options_.has_state ? 0 : n_matched / kKvBlockPositions);
  if (n_needed > pool_.budget_bytes() - pool_.in_use_bytes()) {
    sequence.lacks_blocks = true;
    return false;
  }
  Sequence* oldest = waiting_.front();
  if (oldest != &sequence && oldest->lacks_blocks) {
    return oldest->n_bypassed++ < kMaxBypasses;
  }
  return true;
}

void Scheduler::preempt(Sequence& sequence, StepPlan& plan) {
  if (const PlannedRows* planned = find_planned(plan, sequence)) {
    plan.n_rows -= planned->n_rows;
    plan.n_decode_rows -= sequence.decodes() ? 1 : 0;
    plan.rows.erase(plan.rows.begin() + (planned - plan.rows.data()));
  }
  release_all(sequence);
  sequence.n_left_estimate = sequence.n_pending();
  sequence.running = false;
  sequence.progressed = false;
  std::erase(running_, &sequence);
  insert_by_age(waiting_, sequence);
  ++n_preemptions_;
}

bool Scheduler::allocate_block(std::int32_t group, BlockTable& table) {
  for (;;) {
    if (const std::optional<std::int32_t> block = pool_.allocate(group)) {
      table.blocks.push_back(*block);
      return true;
    }
    if (!cache_.evict_one()) {
      return false;
    }
  }
}

// Makes room for the next n_rows rows of a sequence; how many found room.
std::int32_t Scheduler::grow(Sequence& sequence, std::int32_t n_rows) {
  release_passed(sequence);
  const std::int64_t n_blocks = blocks_for(sequence.n_computed + n_rows);
  std::int64_t n_covered = sequence.n_computed / kKvBlockPositions;
  for (bool found = true; found && n_covered < n_blocks; n_covered += found ? 1 : 0) {
    for (std::int32_t group = 0; found && group < n_kv_groups(); ++group) {
      BlockTable& table = sequence.tables[static_cast<std::size_t>(group)];
      found = n_covered < static_cast<std::int64_t>(table.blocks.size()) || allocate_block(group, table);
    }
  }
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(n_covered * kKvBlockPositions - sequence.n_computed, 0, n_rows));
}

// Lets go of blocks that the next row and all after it cannot see.
void Scheduler::release_passed(Sequence& sequence) {
  for (std::int32_t group = 0; group < n_kv_groups(); ++group) {
    const auto g = static_cast<std::size_t>(group);
    BlockTable& table = sequence.tables[g];
    const std::int64_t first = std::min<std::int64_t>(first_visible_block(sequence.n_computed, options_.windows[g]),
                                                      static_cast<std::int64_t>(table.blocks.size()));
    for (; table.n_passed < first; ++table.n_passed) {
      const auto i = static_cast<std::size_t>(table.n_passed);
      const std::int32_t block = std::exchange(table.blocks[i], -1);
      pool_.release(group, block);
      if (i < sequence.keys.size()) {
        cache_.pass_window(sequence.keys[i], group, block);
      }
    }
  }
}

void Scheduler::release_all(Sequence& sequence) {
  if (states_) {
    states_->release(sequence);
  }
  for (std::int32_t group = 0; group < n_kv_groups(); ++group) {
    BlockTable& table = sequence.tables[static_cast<std::size_t>(group)];
    for (std::size_t i = static_cast<std::size_t>(table.n_passed); i < table.blocks.size(); ++i) {
      pool_.release(group, table.blocks[i]);
    }
    table.blocks.clear();
    table.n_passed = 0;
  }
  sequence.n_computed = 0;
  sequence.n_inserted = 0;
  sequence.kept_ends.clear();
  sequence.state_ends.clear();
}

void Scheduler::insert_full_blocks(Sequence& sequence) {
  if (!options_.prefix_cache || options_.has_state) {
    return;
  }
  extend_keys(sequence);
  const auto n_full =
      std::min(static_cast<std::int64_t>(sequence.keys.size()), sequence.n_computed / kKvBlockPositions);
  for (; sequence.n_inserted < n_full; ++sequence.n_inserted) {
    cache_.insert(sequence.keys, sequence.n_inserted, sequence.tables);
  }
}

}  // namespace hearth::engine
