#include "engine/block_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <set>
#include <vector>

namespace hearth::engine {
namespace {

constexpr std::int64_t kPage = 4096;

BlockPool make_pool(std::vector<std::int64_t> block_bytes, std::int64_t budget_bytes) {
  return std::move(BlockPool::create(block_bytes, budget_bytes)).value();
}

TEST(BlockPool, RoundsBlocksUpToPages) {
  const BlockPool pool = make_pool({1, kPage, kPage + 1}, 10 * kPage);
  EXPECT_EQ(pool.block_bytes(0), kPage);
  EXPECT_EQ(pool.block_bytes(1), kPage);
  EXPECT_EQ(pool.block_bytes(2), 2 * kPage);
}

TEST(BlockPool, HandsOutWhatTheBudgetHolds) {
  BlockPool pool = make_pool({kPage}, 3 * kPage + 5);
  std::set<std::int32_t> blocks;
  for (int i = 0; i < 3; ++i) {
    blocks.insert(pool.allocate(0).value());
  }
  EXPECT_EQ(blocks.size(), 3U);
  EXPECT_FALSE(pool.allocate(0));
  pool.release(0, 1);
  EXPECT_EQ(pool.allocate(0), 1);
}

TEST(BlockPool, CountsUsers) {
  BlockPool pool = make_pool({kPage}, 4 * kPage);
  const std::int32_t block = *pool.allocate(0);
  pool.retain(0, block);
  EXPECT_EQ(pool.n_users(0, block), 2);
  pool.release(0, block);
  EXPECT_EQ(pool.in_use_bytes(), kPage);
  pool.release(0, block);
  EXPECT_EQ(pool.in_use_bytes(), 0);
  EXPECT_DEATH(pool.release(0, block), "once per user");
  EXPECT_DEATH(pool.retain(0, block), "holds something");
}

TEST(BlockPool, CachedBlocksAreNeitherFreeNorInUse) {
  BlockPool pool = make_pool({kPage}, 1 * kPage);
  const std::int32_t block = *pool.allocate(0);
  pool.set_cached(0, block, true);
  EXPECT_EQ(pool.cached_bytes(), 0);
  pool.release(0, block);
  EXPECT_EQ(pool.cached_bytes(), kPage);
  EXPECT_EQ(pool.in_use_bytes(), 0);
  EXPECT_FALSE(pool.allocate(0));
  pool.retain(0, block);
  EXPECT_EQ(pool.cached_bytes(), 0);
  EXPECT_EQ(pool.in_use_bytes(), kPage);
  pool.release(0, block);
  pool.set_cached(0, block, false);
  EXPECT_EQ(pool.cached_bytes(), 0);
  EXPECT_TRUE(pool.allocate(0));
}

TEST(BlockPool, GroupsShareOneBudget) {
  BlockPool pool = make_pool({kPage, 2 * kPage}, 4 * kPage);
  std::vector<std::int32_t> small;
  for (int i = 0; i < 4; ++i) {
    small.push_back(pool.allocate(0).value());
  }
  EXPECT_FALSE(pool.allocate(1));
  pool.release(0, small[0]);
  EXPECT_FALSE(pool.allocate(1));
  pool.release(0, small[1]);
  EXPECT_TRUE(pool.allocate(1));
  // What the first group gave back must not stay in memory beside the new block.
  EXPECT_EQ(pool.committed_bytes(), 4 * kPage);
  EXPECT_FALSE(pool.allocate(0));
}

TEST(BlockPool, KeepsContentWhileHeldAndGivesMemoryBack) {
  BlockPool pool = make_pool({kPage}, 4 * kPage);
  const std::int32_t kept = *pool.allocate(0);
  const std::int32_t freed = *pool.allocate(0);
  std::memset(pool.base(0) + kept * kPage, 7, kPage);
  std::memset(pool.base(0) + freed * kPage, 7, kPage);
  pool.release(0, freed);
  pool.decommit_free();
  EXPECT_EQ(pool.committed_bytes(), kPage);
  EXPECT_EQ(pool.base(0)[kept * kPage + 5], std::byte{7});
  EXPECT_EQ(pool.base(0)[freed * kPage + 5], std::byte{0});
  EXPECT_EQ(pool.allocate(0), freed);
  EXPECT_EQ(pool.committed_bytes(), 2 * kPage);
}

}  // namespace
}  // namespace hearth::engine
