// PrefixCache: finds the blocks that hold the beginning of a prompt, left there by finished or running sequences.
//
// A tree of nodes, one per full block of 32 positions, found by BlockKey. A node holds one block of every KV group. A
// windowed group keeps only what a later hit can use: blocks in the window of a running sequence, or before a turn end
// (the end of a prompt or reply). A hit at position p needs all blocks of global groups before p and, of each windowed
// group, the last ones before p. Least recently used leaves go first. Scheduler calls it, on the engine thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/block_key.h"
#include "engine/block_pool.h"
#include "engine/sequence.h"

namespace hearth::engine {

// The first block that a row at `position` reads in a group with this window (0: global).
std::int64_t first_visible_block(std::int64_t position, std::int32_t window);

class PrefixCache {
 public:
  // windows: per KV group, 0 for global. `pool` must outlive the cache.
  PrefixCache(BlockPool& pool, std::vector<std::int32_t> windows);
  ~PrefixCache();
  PrefixCache(const PrefixCache&) = delete;
  PrefixCache& operator=(const PrefixCache&) = delete;

  // How many leading blocks of `keys` a sequence could take over; at most max_blocks. Changes nothing.
  std::int64_t match(std::span<const BlockKey> keys, std::int64_t max_blocks) const;
  // Bytes that taking over n_blocks would add to those in use.
  std::int64_t cost_bytes(std::span<const BlockKey> keys, std::int64_t n_blocks) const;
  // Takes over n_blocks that match() found: fills the (empty) tables and holds the blocks.
  void acquire(std::span<const BlockKey> keys, std::int64_t n_blocks, std::span<BlockTable> tables);

  // Offers block `index` of a sequence, computed and full. Where the cache has the same content already, the sequence
  // goes on with the cached block and its own is freed.
  void insert(std::span<const BlockKey> keys, std::int64_t index, std::span<BlockTable> tables);
  // The first n_blocks end a turn: what a hit there needs stays cached when windows pass.
  void keep_turn_end(std::span<const BlockKey> keys, std::int64_t n_blocks);
  // A sequence's window has passed its block `index` of `group` and let go of it.
  void pass_window(const BlockKey& key, std::int32_t group, std::int32_t block);

  // Frees at least one block that no sequence holds; false when there is none.
  bool evict_one();

  std::int64_t n_nodes() const { return static_cast<std::int64_t>(nodes_.size()); }

 private:
  struct Node {
    BlockKey key{};
    Node* parent = nullptr;
    std::int32_t n_children = 0;
    bool keep = false;  // before a turn end
    std::uint64_t last_used = 0;
    std::vector<std::int32_t> blocks;  // one per group, -1: none
  };

  const Node* find(const BlockKey& key) const;
  void touch(Node& node);
  bool in_use(const Node& node) const;
  bool holds_blocks(const Node& node) const;
  void drop_block(Node& node, std::int32_t group);
  void remove_leaf(Node& leaf);
  void remove_empty_leaves(Node* node);
  bool evict_leaf();
  bool evict_window_block();

  BlockPool& pool_;
  std::vector<std::int32_t> windows_;
  std::unordered_map<BlockKey, Node, BlockKeyHash> nodes_;
  std::map<std::uint64_t, Node*> leaves_;  // by last use; unique, since every touch counts up
  std::uint64_t clock_ = 0;
};

}  // namespace hearth::engine
