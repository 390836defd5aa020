#include "engine/prefix_cache.h"

#include <gtest/gtest.h>

#include <vector>

namespace hearth::engine {
namespace {

constexpr std::int64_t kPage = 4096;

struct Fixture {
  explicit Fixture(std::vector<std::int32_t> windows, std::int64_t n_pages)
      : pool(std::move(BlockPool::create(std::vector<std::int64_t>(windows.size(), kPage), n_pages * kPage)).value()),
        cache(pool, windows),
        n_groups(windows.size()) {}

  // The chain of keys of a token sequence: block i is filled with values[i].
  std::vector<BlockKey> keys(const std::vector<TokenId>& values) const {
    std::vector<BlockKey> result;
    for (const TokenId value : values) {
      const std::vector<TokenId> tokens(32, value);
      result.push_back(child_key(result.empty() ? root_key("id", "") : result.back(), tokens));
    }
    return result;
  }

  // Computes and inserts the blocks of a sequence that starts without a hit.
  std::vector<BlockTable> compute(const std::vector<BlockKey>& keys) {
    std::vector<BlockTable> tables(n_groups);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      for (std::size_t group = 0; group < n_groups; ++group) {
        tables[group].blocks.push_back(pool.allocate(static_cast<std::int32_t>(group)).value());
      }
      cache.insert(keys, static_cast<std::int64_t>(i), tables);
    }
    return tables;
  }

  void release(std::vector<BlockTable>& tables) {
    for (std::size_t group = 0; group < n_groups; ++group) {
      for (auto i = static_cast<std::size_t>(tables[group].n_passed); i < tables[group].blocks.size(); ++i) {
        pool.release(static_cast<std::int32_t>(group), tables[group].blocks[i]);
      }
    }
    tables.clear();
  }

  void pass(std::vector<BlockTable>& tables, const std::vector<BlockKey>& keys, std::size_t group, std::int32_t n) {
    BlockTable& table = tables[group];
    for (; table.n_passed < n; ++table.n_passed) {
      const auto i = static_cast<std::size_t>(table.n_passed);
      const std::int32_t block = table.blocks[i];
      table.blocks[i] = -1;
      pool.release(static_cast<std::int32_t>(group), block);
      cache.pass_window(keys[i], static_cast<std::int32_t>(group), block);
    }
  }

  BlockPool pool;
  PrefixCache cache;
  std::size_t n_groups;
};

TEST(PrefixCache, FindsTheLongestSharedBeginning) {
  Fixture fixture({0}, 100);
  const std::vector<BlockKey> first = fixture.keys({1, 2, 3, 4});
  std::vector<BlockTable> tables = fixture.compute(first);
  EXPECT_EQ(fixture.cache.match(first, 100), 4);
  EXPECT_EQ(fixture.cache.match(first, 2), 2);
  EXPECT_EQ(fixture.cache.match(fixture.keys({1, 2, 9, 4}), 100), 2);
  EXPECT_EQ(fixture.cache.match(fixture.keys({2, 3, 4}), 100), 0);
  std::vector<BlockTable> other(1);
  fixture.cache.acquire(first, 2, other);
  EXPECT_EQ(other[0].blocks[1], tables[0].blocks[1]);
  EXPECT_EQ(fixture.pool.n_users(0, other[0].blocks[1]), 2);
  fixture.release(tables);
  fixture.release(other);
  EXPECT_EQ(fixture.pool.in_use_bytes(), 0);
  EXPECT_EQ(fixture.pool.cached_bytes(), 4 * kPage);
}

TEST(PrefixCache, KeepsOneCopyOfTheSameContent) {
  Fixture fixture({0}, 100);
  const std::vector<BlockKey> keys = fixture.keys({1, 2});
  std::vector<BlockTable> first = fixture.compute(keys);
  std::vector<BlockTable> second = fixture.compute(keys);
  EXPECT_EQ(second[0].blocks, first[0].blocks);
  EXPECT_EQ(fixture.pool.in_use_bytes(), 2 * kPage);
  fixture.release(first);
  fixture.release(second);
}

TEST(PrefixCache, EvictsLeastRecentlyUsedLeavesFirst) {
  Fixture fixture({0}, 100);
  const std::vector<BlockKey> old_branch = fixture.keys({1, 2, 3});
  const std::vector<BlockKey> new_branch = fixture.keys({1, 5, 6});
  std::vector<BlockTable> tables = fixture.compute(old_branch);
  fixture.release(tables);
  tables = fixture.compute(new_branch);
  fixture.release(tables);
  EXPECT_TRUE(fixture.cache.evict_one());
  EXPECT_EQ(fixture.cache.match(old_branch, 9), 2);
  EXPECT_EQ(fixture.cache.match(new_branch, 9), 3);
  EXPECT_TRUE(fixture.cache.evict_one());
  EXPECT_EQ(fixture.cache.match(old_branch, 9), 1) << "their common block is no leaf";
  EXPECT_EQ(fixture.cache.match(new_branch, 9), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(fixture.cache.evict_one());
  }
  EXPECT_FALSE(fixture.cache.evict_one());
  EXPECT_EQ(fixture.cache.n_nodes(), 0);
  EXPECT_EQ(fixture.pool.cached_bytes(), 0);
}

TEST(PrefixCache, NeverEvictsWhatASequenceHolds) {
  Fixture fixture({0}, 100);
  const std::vector<BlockKey> keys = fixture.keys({1, 2, 3});
  std::vector<BlockTable> tables = fixture.compute(keys);
  std::vector<BlockTable> holder(1);
  fixture.cache.acquire(keys, 2, holder);
  fixture.release(tables);
  EXPECT_TRUE(fixture.cache.evict_one());
  EXPECT_FALSE(fixture.cache.evict_one());
  EXPECT_EQ(fixture.cache.match(keys, 9), 2);
  fixture.release(holder);
}

TEST(PrefixCache, FirstVisibleBlockFollowsTheWindow) {
  EXPECT_EQ(first_visible_block(1000, 0), 0);
  EXPECT_EQ(first_visible_block(63, 32), 1);  // sees 32 … 63
  EXPECT_EQ(first_visible_block(64, 32), 1);  // sees 33 … 64
  EXPECT_EQ(first_visible_block(95, 32), 2);  // sees 64 … 95
  EXPECT_EQ(first_visible_block(10, 32), 0);
}

TEST(PrefixCache, AHitNeedsTheWindowsLastBlocks) {
  Fixture fixture({0, 64}, 100);
  const std::vector<BlockKey> keys = fixture.keys({1, 2, 3, 4, 5, 6});
  std::vector<BlockTable> tables = fixture.compute(keys);
  // The row at 6 * 32 sees positions from 129 on: blocks 4 and 5 of the windowed group.
  fixture.pass(tables, keys, 1, 4);
  EXPECT_EQ(fixture.cache.match(keys, 9), 6);
  EXPECT_EQ(fixture.cache.match(keys, 5), 0) << "a hit at block 5 would read block 3, which is gone";
  std::vector<BlockTable> hit(2);
  fixture.cache.acquire(keys, 6, hit);
  EXPECT_EQ(hit[1].n_passed, 4);
  EXPECT_EQ(hit[1].blocks, (std::vector<std::int32_t>{-1, -1, -1, -1, tables[1].blocks[4], tables[1].blocks[5]}));
  fixture.release(hit);
  fixture.release(tables);
}

TEST(PrefixCache, TurnEndsKeepTheirWindows) {
  Fixture fixture({0, 64}, 100);
  const std::vector<BlockKey> keys = fixture.keys({1, 2, 3, 4, 5, 6, 7, 8});
  std::vector<BlockTable> tables = fixture.compute(keys);
  fixture.cache.keep_turn_end(keys, 4);
  fixture.pass(tables, keys, 1, 6);
  EXPECT_EQ(fixture.cache.match(keys, 8), 8);
  EXPECT_EQ(fixture.cache.match(keys, 7), 4);
  EXPECT_EQ(fixture.cache.match(keys, 3), 0);
  // Under pressure they go, though the sequence still holds the global blocks after them.
  EXPECT_TRUE(fixture.cache.evict_one());
  EXPECT_TRUE(fixture.cache.evict_one());
  EXPECT_FALSE(fixture.cache.evict_one());
  EXPECT_EQ(fixture.cache.match(keys, 7), 0);
  fixture.release(tables);
}

TEST(PrefixCache, AModelOfWindowsOnlyKeepsTheChain) {
  Fixture fixture({64}, 100);
  const std::vector<BlockKey> keys = fixture.keys({1, 2, 3, 4, 5, 6});
  std::vector<BlockTable> tables = fixture.compute(keys);
  fixture.pass(tables, keys, 0, 4);
  fixture.release(tables);
  EXPECT_EQ(fixture.cache.match(keys, 9), 6);
  EXPECT_EQ(fixture.pool.cached_bytes(), 2 * kPage);
  while (fixture.cache.evict_one()) {
  }
  EXPECT_EQ(fixture.cache.n_nodes(), 0) << "nodes without a block lead nowhere";
}

TEST(PrefixCache, CostIsWhatNobodyElseHolds) {
  Fixture fixture({0}, 100);
  const std::vector<BlockKey> keys = fixture.keys({1, 2, 3});
  std::vector<BlockTable> tables = fixture.compute(keys);
  EXPECT_EQ(fixture.cache.cost_bytes(keys, 3), 0);
  fixture.release(tables);
  EXPECT_EQ(fixture.cache.cost_bytes(keys, 3), 3 * kPage);
}

}  // namespace
}  // namespace hearth::engine
