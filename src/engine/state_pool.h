// StatePool: the recurrent states of sequences, and snapshots of them from which later prompts go on.
//
// A state is one block of a group of the BlockPool, so states, snapshots and KV blocks share one budget. A running
// sequence has a state of its own, which the model changes in place; a snapshot is a copy, or what a finished sequence
// leaves behind, and belongs to the tokens before it. Least recently used snapshots go when memory is needed. Scheduler
// calls it, on the engine thread.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/block_key.h"
#include "engine/block_pool.h"
#include "engine/sequence.h"

namespace hearth::engine {

class StatePool {
 public:
  // `group`: of the states within `pool`, which must outlive this.
  StatePool(BlockPool& pool, std::int32_t group) : pool_(pool), group_(group) {}
  ~StatePool();
  StatePool(const StatePool&) = delete;
  StatePool& operator=(const StatePool&) = delete;

  std::int64_t state_bytes() const { return pool_.block_bytes(group_); }

  // The most leading positions of a sequence, at most `limit`, that a snapshot holds. Its keys must reach there.
  std::int64_t match(const Sequence& sequence, std::int64_t limit) const;
  // Gives a sequence a state of its own, with what match() found; the positions it holds. Nothing when there is no
  // memory.
  std::optional<std::int64_t> acquire(Sequence& sequence, std::int64_t limit);
  void release(Sequence& sequence);

  // Keeps a copy of the state of a sequence whose keys reach n_computed; does without where there is no memory.
  void keep_copy(const Sequence& sequence);
  // The sequence's own state becomes a snapshot: it is done with it.
  void keep(Sequence& sequence);

  std::int64_t n_snapshots() const { return static_cast<std::int64_t>(snapshots_.size()); }

 private:
  struct Snapshot {
    BlockKey key{};             // of the full blocks of its tokens
    std::vector<TokenId> tail;  // its tokens behind the last full block
    std::int32_t block = 0;
  };
  using List = std::list<Snapshot>;

  // The snapshot of the first n_positions, and of the longest beginning of at most `limit`; end() when there is none.
  List::iterator find(const Sequence& sequence, std::int64_t n_positions);
  List::const_iterator find_longest(const Sequence& sequence, std::int64_t limit, std::int64_t& n_positions) const;
  void touch(List::iterator snapshot);
  void insert(const Sequence& sequence, std::int32_t block);
  void erase(List::iterator snapshot);
  std::optional<std::int32_t> allocate();
  std::byte* at(std::int32_t block) const;

  BlockPool& pool_;
  std::int32_t group_;
  List snapshots_;  // most recently used first
  std::unordered_multimap<BlockKey, List::iterator, BlockKeyHash> by_key_;
};

}  // namespace hearth::engine
