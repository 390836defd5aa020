#include "engine/block_pool.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace hearth::engine {
namespace {

constexpr std::int64_t kPageBytes = 4096;  // the step in which MemoryRegion gives memory back

}  // namespace

std::int64_t BlockPool::round_up_to_page(std::int64_t n_bytes) {
  return (n_bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

Result<BlockPool> BlockPool::create(std::span<const std::int64_t> block_bytes, std::int64_t budget_bytes) {
  BlockPool pool;
  pool.budget_bytes_ = budget_bytes;
  for (const std::int64_t n_bytes : block_bytes) {
    HEARTH_CHECK(n_bytes > 0, "a block holds something");
    Group group;
    group.block_bytes = round_up_to_page(n_bytes);
    // Any group may take the whole budget.
    group.n_blocks = static_cast<std::int32_t>(
        std::min<std::int64_t>(budget_bytes / group.block_bytes, std::numeric_limits<std::int32_t>::max()));
    const auto region_bytes = static_cast<std::size_t>(group.n_blocks) * static_cast<std::size_t>(group.block_bytes);
    HEARTH_TRY(group.region, cpu::MemoryRegion::reserve(region_bytes, /*huge_pages=*/false));
    pool.groups_.push_back(std::move(group));
  }
  return pool;
}

std::optional<std::int32_t> BlockPool::allocate(std::int32_t group_index) {
  Group& group = at(group_index);
  if (in_use_bytes_ + cached_bytes_ + group.block_bytes > budget_bytes_) {
    return std::nullopt;
  }
  std::int32_t id = 0;
  if (!group.free.empty()) {
    id = group.free.back();
    group.free.pop_back();
  } else {
    make_room_to_commit(group.block_bytes);
    if (!group.uncommitted.empty()) {
      id = group.uncommitted.back();
      group.uncommitted.pop_back();
    } else {
      id = static_cast<std::int32_t>(group.blocks.size());
      HEARTH_CHECK(id < group.n_blocks, "the budget holds no more ids than were reserved");
      group.blocks.emplace_back();
    }
    committed_bytes_ += group.block_bytes;
  }
  at(group_index, id).n_users = 1;
  in_use_bytes_ += group.block_bytes;
  return id;
}

void BlockPool::retain(std::int32_t group, std::int32_t id) {
  Block& block = at(group, id);
  HEARTH_CHECK(block.n_users > 0 || block.cached, "only a block that holds something is shared");
  if (block.n_users++ == 0) {
    cached_bytes_ -= at(group).block_bytes;
    in_use_bytes_ += at(group).block_bytes;
  }
}

void BlockPool::release(std::int32_t group, std::int32_t id) {
  Block& block = at(group, id);
  HEARTH_CHECK(block.n_users > 0, "a block is released once per user");
  if (--block.n_users > 0) {
    return;
  }
  in_use_bytes_ -= at(group).block_bytes;
  if (block.cached) {
    cached_bytes_ += at(group).block_bytes;
  } else {
    at(group).free.push_back(id);
  }
}

void BlockPool::set_cached(std::int32_t group, std::int32_t id, bool cached) {
  Block& block = at(group, id);
  HEARTH_CHECK(block.cached != cached, "the prefix cache holds a block once");
  HEARTH_CHECK(!cached || block.n_users > 0, "a free block holds nothing to cache");
  block.cached = cached;
  if (!cached && block.n_users == 0) {
    cached_bytes_ -= at(group).block_bytes;
    at(group).free.push_back(id);
  }
}

std::int32_t BlockPool::n_users(std::int32_t group, std::int32_t block) const {
  return at(group, block).n_users;
}

bool BlockPool::is_cached(std::int32_t group, std::int32_t block) const {
  return at(group, block).cached;
}

void BlockPool::decommit_free() {
  for (Group& group : groups_) {
    while (!group.free.empty()) {
      decommit_one(group);
    }
  }
}

void BlockPool::decommit_one(Group& group) {
  const std::int32_t id = group.free.back();
  group.free.pop_back();
  group.uncommitted.push_back(id);
  group.region.decommit(static_cast<std::size_t>(id) * static_cast<std::size_t>(group.block_bytes),
                        static_cast<std::size_t>(group.block_bytes));
  committed_bytes_ -= group.block_bytes;
}

void BlockPool::make_room_to_commit(std::int64_t n_bytes) {
  for (Group& group : groups_) {
    while (committed_bytes_ + n_bytes > budget_bytes_ && !group.free.empty()) {
      decommit_one(group);
    }
  }
}

}  // namespace hearth::engine
