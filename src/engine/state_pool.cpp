#include "engine/state_pool.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/check.h"
#include "kernels/attention.h"

namespace hearth::engine {
namespace {

using kernels::kKvBlockPositions;

const BlockKey& key_of(const Sequence& sequence, std::int64_t n_blocks) {
  return n_blocks == 0 ? sequence.root : sequence.keys[static_cast<std::size_t>(n_blocks - 1)];
}

std::span<const TokenId> tokens_from(const Sequence& sequence, std::int64_t n_blocks) {
  return std::span(sequence.tokens).subspan(static_cast<std::size_t>(n_blocks * kKvBlockPositions));
}

}  // namespace

StatePool::~StatePool() {
  while (!snapshots_.empty()) {
    erase(snapshots_.begin());
  }
}

StatePool::List::const_iterator StatePool::find_longest(const Sequence& sequence, std::int64_t limit,
                                                        std::int64_t& n_positions) const {
  const std::int64_t n_blocks = std::min(limit / kKvBlockPositions, static_cast<std::int64_t>(sequence.keys.size()));
  for (std::int64_t i = n_blocks; i >= 0; --i) {
    const std::span<const TokenId> tokens = tokens_from(sequence, i);
    auto best = snapshots_.end();
    const auto [begin, end] = by_key_.equal_range(key_of(sequence, i));
    for (auto entry = begin; entry != end; ++entry) {
      const std::vector<TokenId>& tail = entry->second->tail;
      const bool fits = std::ssize(tail) <= limit - i * kKvBlockPositions && std::ssize(tail) <= std::ssize(tokens);
      const bool longer = best == snapshots_.end() || tail.size() > best->tail.size();
      if (fits && longer && std::ranges::equal(tail, tokens.first(tail.size()))) {
        best = entry->second;
      }
    }
    if (best != snapshots_.end()) {
      n_positions = i * kKvBlockPositions + std::ssize(best->tail);
      return best;
    }
  }
  n_positions = 0;
  return snapshots_.end();
}

StatePool::List::iterator StatePool::find(const Sequence& sequence, std::int64_t n_positions) {
  std::int64_t n_found = 0;
  const auto found = find_longest(sequence, n_positions, n_found);
  // A list gives a mutable iterator for a constant one by erasing nothing.
  return n_found == n_positions && found != snapshots_.end() ? snapshots_.erase(found, found) : snapshots_.end();
}

std::int64_t StatePool::match(const Sequence& sequence, std::int64_t limit) const {
  std::int64_t n_positions = 0;
  find_longest(sequence, limit, n_positions);
  return n_positions;
}

std::optional<std::int64_t> StatePool::acquire(Sequence& sequence, std::int64_t limit) {
  HEARTH_CHECK(sequence.state_block < 0, "a sequence has one state");
  const std::int64_t n_positions = match(sequence, limit);
  const auto snapshot = n_positions > 0 ? find(sequence, n_positions) : snapshots_.end();
  if (snapshot == snapshots_.end()) {
    const std::optional<std::int32_t> block = allocate();
    sequence.state_block = block.value_or(-1);
    return block ? std::optional<std::int64_t>(0) : std::nullopt;
  }
  touch(snapshot);
  // Held, so that making room does not evict it.
  pool_.retain(group_, snapshot->block);
  if (const std::optional<std::int32_t> block = allocate()) {
    std::memcpy(at(*block), at(snapshot->block), static_cast<std::size_t>(state_bytes()));
    pool_.release(group_, snapshot->block);
    sequence.state_block = *block;
  } else {
    // There is room for one of them only: the sequence takes the snapshot over.
    sequence.state_block = snapshot->block;
    erase(snapshot);
  }
  return n_positions;
}

void StatePool::release(Sequence& sequence) {
  if (sequence.state_block >= 0) {
    pool_.release(group_, sequence.state_block);
    sequence.state_block = -1;
  }
}

void StatePool::keep_copy(const Sequence& sequence) {
  if (const auto known = find(sequence, sequence.n_computed); known != snapshots_.end()) {
    touch(known);
    return;
  }
  if (const std::optional<std::int32_t> block = allocate()) {
    std::memcpy(at(*block), at(sequence.state_block), static_cast<std::size_t>(state_bytes()));
    insert(sequence, *block);
  }
}

void StatePool::keep(Sequence& sequence) {
  if (const auto known = find(sequence, sequence.n_computed); known != snapshots_.end()) {
    touch(known);
    release(sequence);
    return;
  }
  insert(sequence, sequence.state_block);
  sequence.state_block = -1;
}

void StatePool::touch(List::iterator snapshot) {
  snapshots_.splice(snapshots_.begin(), snapshots_, snapshot);
}

// Takes over a block in use.
void StatePool::insert(const Sequence& sequence, std::int32_t block) {
  const std::int64_t n_blocks = sequence.n_computed / kKvBlockPositions;
  HEARTH_CHECK(n_blocks <= std::ssize(sequence.keys), "the keys of a snapshot reach its position");
  const auto tail = tokens_from(sequence, n_blocks)
                        .first(static_cast<std::size_t>(sequence.n_computed - n_blocks * kKvBlockPositions));
  snapshots_.push_front({key_of(sequence, n_blocks), {tail.begin(), tail.end()}, block});
  by_key_.emplace(snapshots_.front().key, snapshots_.begin());
  pool_.set_cached(group_, block, true);
  pool_.release(group_, block);
}

void StatePool::erase(List::iterator snapshot) {
  const auto [begin, end] = by_key_.equal_range(snapshot->key);
  by_key_.erase(std::find_if(begin, end, [&](const auto& entry) { return entry.second == snapshot; }));
  pool_.set_cached(group_, snapshot->block, false);
  snapshots_.erase(snapshot);
}

std::optional<std::int32_t> StatePool::allocate() {
  for (;;) {
    if (const std::optional<std::int32_t> block = pool_.allocate(group_)) {
      return block;
    }
    const auto oldest = std::find_if(snapshots_.rbegin(), snapshots_.rend(), [&](const Snapshot& snapshot) {
      return pool_.n_users(group_, snapshot.block) == 0;
    });
    if (oldest == snapshots_.rend()) {
      return std::nullopt;
    }
    erase(std::prev(oldest.base()));
  }
}

std::byte* StatePool::at(std::int32_t block) const {
  return pool_.base(group_) + static_cast<std::int64_t>(block) * state_bytes();
}

}  // namespace hearth::engine
