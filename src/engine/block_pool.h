// BlockPool: the memory of the KV cache, in blocks of 32 positions, one set of ids per KV group.
//
// Address space is reserved for every id at once and backed by memory on first use. All groups share one budget in
// bytes: what a windowed group gives back another may take. A block is in use while sequences hold it (counted), else
// cached while the prefix cache holds it, else free. Used by Scheduler and PrefixCache on the engine thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "cpu/memory_region.h"

namespace hearth::engine {

class BlockPool {
 public:
  // block_bytes: per group, rounded up to whole pages. Errors: unavailable (address space).
  static Result<BlockPool> create(std::span<const std::int64_t> block_bytes, std::int64_t budget_bytes);
  // The size that a block takes from the budget.
  static std::int64_t round_up_to_page(std::int64_t n_bytes);

  std::int32_t n_groups() const { return static_cast<std::int32_t>(groups_.size()); }
  std::byte* base(std::int32_t group) const { return at(group).region.data(); }
  std::int64_t block_bytes(std::int32_t group) const { return at(group).block_bytes; }

  // A block with one user, or nothing when free memory does not hold it: evict a cached block and ask again.
  std::optional<std::int32_t> allocate(std::int32_t group);
  void retain(std::int32_t group, std::int32_t block);
  void release(std::int32_t group, std::int32_t block);
  // The prefix cache takes a block in use, or lets go of a block.
  void set_cached(std::int32_t group, std::int32_t block, bool cached);

  std::int32_t n_users(std::int32_t group, std::int32_t block) const;
  bool is_cached(std::int32_t group, std::int32_t block) const;

  std::int64_t budget_bytes() const { return budget_bytes_; }
  std::int64_t in_use_bytes() const { return in_use_bytes_; }  // held by sequences
  std::int64_t cached_bytes() const { return cached_bytes_; }  // held by the prefix cache alone
  std::int64_t committed_bytes() const { return committed_bytes_; }

  // Gives the memory of all free blocks back to the system.
  void decommit_free();

 private:
  struct Block {
    std::int32_t n_users = 0;
    bool cached = false;
  };
  struct Group {
    cpu::MemoryRegion region;
    std::int64_t block_bytes = 0;
    std::int32_t n_blocks = 0;
    std::vector<Block> blocks;              // those that were ever used
    std::vector<std::int32_t> free;         // with memory behind them
    std::vector<std::int32_t> uncommitted;  // given back
  };

  BlockPool() = default;
  const Group& at(std::int32_t group) const { return groups_[static_cast<std::size_t>(group)]; }
  Group& at(std::int32_t group) { return groups_[static_cast<std::size_t>(group)]; }
  const Block& at(std::int32_t group, std::int32_t block) const {
    return at(group).blocks[static_cast<std::size_t>(block)];
  }
  Block& at(std::int32_t group, std::int32_t block) { return at(group).blocks[static_cast<std::size_t>(block)]; }
  void decommit_one(Group& group);
  void make_room_to_commit(std::int64_t n_bytes);

  std::vector<Group> groups_;
  std::int64_t budget_bytes_ = 0;
  std::int64_t in_use_bytes_ = 0;
  std::int64_t cached_bytes_ = 0;
  std::int64_t committed_bytes_ = 0;
};

}  // namespace hearth::engine
