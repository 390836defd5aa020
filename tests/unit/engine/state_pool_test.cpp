#include "engine/state_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <numeric>
#include <utility>

namespace hearth::engine {
namespace {

constexpr std::int64_t kPage = 4096;

struct Fixture {
  explicit Fixture(std::int64_t n_states)
      : blocks(std::move(BlockPool::create(std::vector<std::int64_t>{kPage}, n_states * kPage)).value()),
        states(std::make_unique<StatePool>(blocks, 0)) {}

  // A sequence whose tokens count up from 0.
  static Sequence sequence(std::int64_t n_tokens) {
    Sequence result;
    result.tokens.resize(static_cast<std::size_t>(n_tokens));
    std::iota(result.tokens.begin(), result.tokens.end(), 0);
    result.root = root_key("test", "");
    extend(result);
    return result;
  }
  static void extend(Sequence& sequence) {
    sequence.keys.clear();
    BlockKey parent = sequence.root;
    for (std::size_t i = 0; (i + 1) * 32 <= sequence.tokens.size(); ++i) {
      parent = child_key(parent, std::span(sequence.tokens).subspan(i * 32, 32));
      sequence.keys.push_back(parent);
    }
  }
  std::int64_t& value(const Sequence& sequence) const {
    return *reinterpret_cast<std::int64_t*>(blocks.base(0) + sequence.state_block * kPage);
  }
  // Leaves a snapshot after n_positions that holds this number.
  void keep(std::int64_t n_positions) {
    Sequence writer = sequence(n_positions);
    ASSERT_TRUE(states->acquire(writer, 0));
    value(writer) = n_positions;
    writer.n_computed = n_positions;
    states->keep(writer);
    ASSERT_EQ(writer.state_block, -1);
  }

  BlockPool blocks;
  std::unique_ptr<StatePool> states;
};

TEST(StatePool, FindsTheLongestBeginning) {
  Fixture fixture(10);
  for (const std::int64_t n : {5, 40, 64, 70}) {
    fixture.keep(n);
  }
  EXPECT_EQ(fixture.states->n_snapshots(), 4);
  Sequence reader = Fixture::sequence(200);
  EXPECT_EQ(fixture.states->match(reader, 199), 70);
  EXPECT_EQ(fixture.states->match(reader, 69), 64);
  EXPECT_EQ(fixture.states->match(reader, 63), 40);
  EXPECT_EQ(fixture.states->match(reader, 39), 5);
  EXPECT_EQ(fixture.states->match(reader, 4), 0);
  reader.tokens[66] = 1000;
  EXPECT_EQ(fixture.states->match(reader, 199), 64) << "another tail";
  reader.tokens[20] = 1000;
  Fixture::extend(reader);
  EXPECT_EQ(fixture.states->match(reader, 199), 5) << "another block";
  reader.root = root_key("test", "salt");
  Fixture::extend(reader);
  EXPECT_EQ(fixture.states->match(reader, 199), 0);
}

TEST(StatePool, CopiesSoThatManyGoOnFromOne) {
  Fixture fixture(4);
  fixture.keep(40);
  Sequence a = Fixture::sequence(100);
  Sequence b = Fixture::sequence(100);
  EXPECT_EQ(fixture.states->acquire(a, 99), 40);
  EXPECT_EQ(fixture.states->acquire(b, 99), 40);
  fixture.value(a) = 1;
  EXPECT_EQ(fixture.value(b), 40);
  EXPECT_EQ(fixture.states->match(a, 99), 40);
  // A copy on the way does not change what the sequence goes on with.
  a.n_computed = 64;
  fixture.states->keep_copy(a);
  fixture.states->keep_copy(a);
  EXPECT_EQ(fixture.states->n_snapshots(), 2) << "the same beginning is kept once";
  EXPECT_EQ(fixture.states->match(b, 99), 64);
  fixture.states->release(a);
  fixture.states->release(b);
  EXPECT_EQ(fixture.blocks.in_use_bytes(), 0);
}

TEST(StatePool, TheLeastRecentlyUsedGoesFirst) {
  Fixture fixture(3);
  for (const std::int64_t n : {40, 50, 60}) {
    fixture.keep(n);
  }
  Sequence reader = Fixture::sequence(45);
  EXPECT_EQ(fixture.states->acquire(reader, 44), 40) << "at the cost of the oldest other one";
  Sequence longer = Fixture::sequence(100);
  EXPECT_EQ(fixture.states->match(longer, 55), 40) << "50 went";
  EXPECT_EQ(fixture.states->match(longer, 99), 60);
  EXPECT_EQ(fixture.states->acquire(longer, 0), 0) << "60 goes";
  EXPECT_EQ(fixture.states->match(longer, 99), 40);
  Sequence last = Fixture::sequence(100);
  EXPECT_EQ(fixture.states->acquire(last, 99), 40) << "the only one is taken over";
  EXPECT_EQ(fixture.value(last), 40);
  EXPECT_EQ(fixture.states->n_snapshots(), 0);
  Sequence none = Fixture::sequence(100);
  EXPECT_FALSE(fixture.states->acquire(none, 99));
  EXPECT_EQ(none.state_block, -1);
  // Without memory nothing is kept, and nothing breaks.
  last.n_computed = 70;
  fixture.states->keep_copy(last);
  EXPECT_EQ(fixture.states->n_snapshots(), 0);
  for (Sequence* sequence : {&reader, &longer, &last, &none}) {
    fixture.states->release(*sequence);
  }
  EXPECT_EQ(fixture.blocks.in_use_bytes() + fixture.blocks.cached_bytes(), 0);
}

TEST(StatePool, KeepingWhatIsKnownGivesTheBlockBack) {
  Fixture fixture(3);
  fixture.keep(40);
  fixture.keep(40);
  EXPECT_EQ(fixture.states->n_snapshots(), 1);
  EXPECT_EQ(fixture.blocks.cached_bytes(), kPage);
  fixture.states.reset();
  EXPECT_EQ(fixture.blocks.cached_bytes(), 0);
}

}  // namespace
}  // namespace hearth::engine
