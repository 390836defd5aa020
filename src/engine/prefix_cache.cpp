#include "engine/prefix_cache.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "kernels/attention.h"

namespace hearth::engine {

using kernels::kKvBlockPositions;

std::int64_t first_visible_block(std::int64_t position, std::int32_t window) {
  if (window == 0) {
    return 0;
  }
  return std::max<std::int64_t>(0, position - window + 1) / kKvBlockPositions;
}

PrefixCache::PrefixCache(BlockPool& pool, std::vector<std::int32_t> windows)
    : pool_(pool), windows_(std::move(windows)) {}

PrefixCache::~PrefixCache() {
  for (auto& [key, node] : nodes_) {
    for (std::int32_t group = 0; group < pool_.n_groups(); ++group) {
      drop_block(node, group);
    }
  }
}

const PrefixCache::Node* PrefixCache::find(const BlockKey& key) const {
  const auto found = nodes_.find(key);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::int64_t PrefixCache::match(std::span<const BlockKey> keys, std::int64_t max_blocks) const {
  const std::int64_t limit = std::min<std::int64_t>(max_blocks, static_cast<std::int64_t>(keys.size()));
  std::int64_t best = 0;
  // Per group: how many blocks up to here are there without a gap.
  std::vector<std::int64_t> n_in_a_row(windows_.size(), 0);
  for (std::int64_t i = 0; i < limit; ++i) {
    const Node* node = find(keys[static_cast<std::size_t>(i)]);
    if (node == nullptr) {
      break;
    }
    const std::int64_t n_blocks = i + 1;
    bool usable = true;
    for (std::size_t group = 0; group < windows_.size(); ++group) {
      n_in_a_row[group] = node->blocks[group] < 0 ? 0 : n_in_a_row[group] + 1;
      const std::int64_t first = first_visible_block(n_blocks * kKvBlockPositions, windows_[group]);
      usable = usable && n_in_a_row[group] >= n_blocks - first;
    }
    if (usable) {
      best = n_blocks;
    }
  }
  return best;
}

std::int64_t PrefixCache::cost_bytes(std::span<const BlockKey> keys, std::int64_t n_blocks) const {
  std::int64_t n_bytes = 0;
  for (std::int64_t i = 0; i < n_blocks; ++i) {
    const Node* node = find(keys[static_cast<std::size_t>(i)]);
    for (std::int32_t group = 0; group < pool_.n_groups(); ++group) {
      const auto g = static_cast<std::size_t>(group);
      const bool needed = i >= first_visible_block(n_blocks * kKvBlockPositions, windows_[g]);
      if (needed && pool_.n_users(group, node->blocks[g]) == 0) {
        n_bytes += pool_.block_bytes(group);
      }
    }
  }
  return n_bytes;
}

void PrefixCache::acquire(std::span<const BlockKey> keys, std::int64_t n_blocks, std::span<BlockTable> tables) {
  for (std::int64_t i = 0; i < n_blocks; ++i) {
    const auto found = nodes_.find(keys[static_cast<std::size_t>(i)]);
    HEARTH_CHECK(found != nodes_.end(), "only what match() found is taken over");
    Node& node = found->second;
    touch(node);
    for (std::int32_t group = 0; group < pool_.n_groups(); ++group) {
      const auto g = static_cast<std::size_t>(group);
      BlockTable& table = tables[g];
      if (i < first_visible_block(n_blocks * kKvBlockPositions, windows_[g])) {
        table.blocks.push_back(-1);
        ++table.n_passed;
        continue;
      }
      pool_.retain(group, node.blocks[g]);
      table.blocks.push_back(node.blocks[g]);
    }
  }
}

void PrefixCache::insert(std::span<const BlockKey> keys, std::int64_t index, std::span<BlockTable> tables) {
  const auto i = static_cast<std::size_t>(index);
  Node* parent = nullptr;
  if (index > 0) {
    const auto found = nodes_.find(keys[i - 1]);
    if (found == nodes_.end()) {
      return;  // the chain was cut, so nothing could ever reach this block
    }
    parent = &found->second;
  }
  const auto [entry, is_new] = nodes_.try_emplace(keys[i]);
  Node& node = entry->second;
  if (is_new) {
    node.key = keys[i];
    node.parent = parent;
    node.blocks.assign(windows_.size(), -1);
    if (parent != nullptr && parent->n_children++ == 0) {
      leaves_.erase(parent->last_used);
    }
  }
  for (std::int32_t group = 0; group < pool_.n_groups(); ++group) {
    const auto g = static_cast<std::size_t>(group);
    std::int32_t& own = tables[g].blocks[i];
    if (own < 0) {
      continue;
    }
    if (node.blocks[g] < 0) {
      node.blocks[g] = own;
      pool_.set_cached(group, own, true);
    } else if (node.blocks[g] != own) {
      pool_.retain(group, node.blocks[g]);
      pool_.release(group, own);
      own = node.blocks[g];
    }
  }
  touch(node);
}

void PrefixCache::keep_turn_end(std::span<const BlockKey> keys, std::int64_t n_blocks) {
  for (const std::int32_t window : windows_) {
    if (window == 0) {
      continue;
    }
    for (std::int64_t i = first_visible_block(n_blocks * kKvBlockPositions, window); i < n_blocks; ++i) {
      if (const auto found = nodes_.find(keys[static_cast<std::size_t>(i)]); found != nodes_.end()) {
        found->second.keep = true;
      }
    }
  }
}

void PrefixCache::pass_window(const BlockKey& key, std::int32_t group, std::int32_t block) {
  const auto found = nodes_.find(key);
  if (found == nodes_.end()) {
    return;
  }
  Node& node = found->second;
  if (!node.keep && node.blocks[static_cast<std::size_t>(group)] == block && pool_.n_users(group, block) == 0) {
    drop_block(node, group);
    remove_empty_leaves(&node);
  }
}

bool PrefixCache::evict_one() {
  return evict_leaf() || evict_window_block();
}

void PrefixCache::touch(Node& node) {
  if (node.n_children > 0) {
    node.last_used = ++clock_;
    return;
  }
  leaves_.erase(node.last_used);
  node.last_used = ++clock_;
  leaves_.emplace(node.last_used, &node);
}

bool PrefixCache::in_use(const Node& node) const {
  for (std::int32_t group = 0; group < pool_.n_groups(); ++group) {
    const std::int32_t block = node.blocks[static_cast<std::size_t>(group)];
    if (block >= 0 && pool_.n_users(group, block) > 0) {
      return true;
    }
  }
  return false;
}

bool PrefixCache::holds_blocks(const Node& node) const {
  return std::ranges::any_of(node.blocks, [](std::int32_t block) { return block >= 0; });
}

void PrefixCache::drop_block(Node& node, std::int32_t group) {
  std::int32_t& block = node.blocks[static_cast<std::size_t>(group)];
  if (block >= 0) {
    pool_.set_cached(group, block, false);
    block = -1;
  }
}

void PrefixCache::remove_leaf(Node& leaf) {
  for (std::int32_t group = 0; group < pool_.n_groups(); ++group) {
    drop_block(leaf, group);
  }
  leaves_.erase(leaf.last_used);
  Node* parent = leaf.parent;
  nodes_.erase(BlockKey(leaf.key));
  if (parent != nullptr && --parent->n_children == 0) {
    leaves_.emplace(parent->last_used, parent);
  }
}

void PrefixCache::remove_empty_leaves(Node* node) {
  while (node != nullptr && node->n_children == 0 && !holds_blocks(*node)) {
    Node* parent = node->parent;
    remove_leaf(*node);
    node = parent;
  }
}

bool PrefixCache::evict_leaf() {
  // Leaves in use are the tips of running sequences: few.
  for (auto& [last_used, leaf] : leaves_) {
    if (!in_use(*leaf)) {
      Node* parent = leaf->parent;
      remove_leaf(*leaf);
      remove_empty_leaves(parent);
      return true;
    }
  }
  return false;
}

// Every leaf is in use, but before an earlier turn end of theirs lie window blocks that nobody reads now. Happens only
// when running sequences fill the pool, so a scan will do.
bool PrefixCache::evict_window_block() {
  Node* oldest = nullptr;
  std::int32_t oldest_group = 0;
  for (auto& [key, node] : nodes_) {
    for (std::int32_t group = 0; group < pool_.n_groups(); ++group) {
      const std::int32_t block = node.blocks[static_cast<std::size_t>(group)];
      if (block >= 0 && pool_.n_users(group, block) == 0 && (oldest == nullptr || node.last_used < oldest->last_used)) {
        oldest = &node;
        oldest_group = group;
      }
    }
  }
  if (oldest == nullptr) {
    return false;
  }
  drop_block(*oldest, oldest_group);
  return true;
}

}  // namespace hearth::engine
