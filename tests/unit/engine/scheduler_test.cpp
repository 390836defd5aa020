#include "engine/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace hearth::engine {
namespace {

constexpr std::int64_t kPage = 4096;

// A scheduler with a pool and the sequences it was given; plays the engine's part of a step without any model.
class Simulation {
 public:
  Simulation(SchedulerOptions options, std::int64_t n_pages)
      : options_(options),
        pool_(std::move(
                  BlockPool::create(std::vector<std::int64_t>(options.has_state ? 1 : options.windows.size(), kPage),
                                    n_pages * kPage))
                  .value()),
        scheduler_(std::make_unique<Scheduler>(pool_, options)) {}

  Sequence& add(std::vector<TokenId> prompt, std::int64_t n_new) {
    auto sequence = std::make_unique<Sequence>();
    sequence->id = next_id_++;
    sequence->n_prompt = std::ssize(prompt);
    sequence->max_tokens = sequence->n_prompt + n_new;
    sequence->tokens = std::move(prompt);
    sequence->root = root_key("test", "");
    Sequence& added = *sequence;
    sequences_[added.id] = std::move(sequence);
    scheduler_->enqueue(added);
    return added;
  }

  Sequence& add_prompt(std::int64_t n_tokens, TokenId first, std::int64_t n_new = 1000) {
    std::vector<TokenId> prompt(static_cast<std::size_t>(n_tokens));
    std::iota(prompt.begin(), prompt.end(), first);
    return add(std::move(prompt), n_new);
  }

  void remove(Sequence& sequence) {
    scheduler_->remove(sequence);
    sequences_.erase(SequenceId(sequence.id));
  }

  // Rows by sequence.
  std::map<SequenceId, std::int32_t> step(std::int32_t max_rows = 512) {
    scheduler_->plan(max_rows, plan_);
    check();
    std::map<SequenceId, std::int32_t> rows;
    for (const PlannedRows& planned : plan_.rows) {
      rows[planned.sequence->id] = planned.n_rows;
    }
    scheduler_->commit(plan_);
    std::vector<Sequence*> ended;
    for (const PlannedRows& planned : plan_.rows) {
      Sequence& sequence = *planned.sequence;
      if (sequence.n_pending() == 0) {
        // The same prefix always goes on alike, as in an engine with one seed.
        sequence.tokens.push_back(static_cast<TokenId>((sequence.tokens.back() * 31 + 7) % 1000));
        if (sequence.n_tokens() >= sequence.max_tokens) {
          ended.push_back(&sequence);
        }
      }
    }
    check();
    for (Sequence* sequence : ended) {
      remove(*sequence);
    }
    return rows;
  }

  // Every block has as many users as tables name it; planned rows have blocks; rows add up.
  void check() const {
    std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> n_named;
    for (const auto& [id, sequence] : sequences_) {
      ASSERT_EQ(sequence->state_block >= 0, options_.has_state && sequence->running);
      if (sequence->state_block >= 0) {
        ++n_named[{0, sequence->state_block}];
        ASSERT_EQ(pool_.is_cached(0, sequence->state_block), false) << "a sequence changes its state";
      }
      for (std::size_t group = 0; group < sequence->tables.size(); ++group) {
        const BlockTable& table = sequence->tables[group];
        for (std::size_t i = 0; i < table.blocks.size(); ++i) {
          ASSERT_EQ(table.blocks[i] < 0, std::cmp_less(i, table.n_passed));
          if (table.blocks[i] >= 0) {
            ++n_named[{static_cast<std::int32_t>(group), table.blocks[i]}];
          }
        }
      }
    }
    std::int64_t n_bytes = 0;
    for (const auto& [block, n] : n_named) {
      ASSERT_EQ(pool_.n_users(block.first, block.second), n);
      n_bytes += pool_.block_bytes(block.first);
    }
    ASSERT_EQ(pool_.in_use_bytes(), n_bytes) << "a block leaked";
    ASSERT_LE(pool_.in_use_bytes() + pool_.cached_bytes(), pool_.budget_bytes());
    ASSERT_LE(pool_.committed_bytes(), pool_.budget_bytes());
  }

  bool empty() const { return sequences_.empty(); }
  bool has(SequenceId id) const { return sequences_.contains(id); }
  std::map<SequenceId, std::unique_ptr<Sequence>>& sequences() { return sequences_; }
  Scheduler& scheduler() { return *scheduler_; }
  BlockPool& pool() { return pool_; }
  const StepPlan& plan() const { return plan_; }

 private:
  SchedulerOptions options_;
  BlockPool pool_;
  std::unique_ptr<Scheduler> scheduler_;
  std::map<SequenceId, std::unique_ptr<Sequence>> sequences_;
  StepPlan plan_;
  SequenceId next_id_ = 1;
};

SchedulerOptions with_windows(std::vector<std::int32_t> windows) {
  SchedulerOptions options;
  options.windows = std::move(windows);
  return options;
}

TEST(Scheduler, PrefillsInChunksThenDecodes) {
  Simulation simulation(with_windows({0}), 1000);
  const SequenceId id = simulation.add_prompt(1100, 0, 3).id;
  EXPECT_EQ(simulation.step(), (std::map<SequenceId, std::int32_t>{{id, 512}}));
  EXPECT_EQ(simulation.step(), (std::map<SequenceId, std::int32_t>{{id, 512}}));
  EXPECT_EQ(simulation.step(), (std::map<SequenceId, std::int32_t>{{id, 76}}));
  EXPECT_EQ(simulation.step(), (std::map<SequenceId, std::int32_t>{{id, 1}}));
  EXPECT_EQ(simulation.step(), (std::map<SequenceId, std::int32_t>{{id, 1}}));
  EXPECT_TRUE(simulation.empty());
}

TEST(Scheduler, SharesTheBudgetBetweenOldestAndShortest) {
  Simulation simulation(with_windows({0}), 10000);
  const SequenceId oldest = simulation.add_prompt(5000, 0).id;
  const SequenceId middle = simulation.add_prompt(4000, 10000).id;
  const SequenceId shortest = simulation.add_prompt(40, 20000).id;
  EXPECT_EQ(simulation.step(), (std::map<SequenceId, std::int32_t>{{oldest, 256}, {middle, 216}, {shortest, 40}}));
  // A short prompt that comes later has its first token in the next step.
  const SequenceId later = simulation.add_prompt(100, 30000).id;
  const auto rows = simulation.step();
  EXPECT_EQ(rows.at(shortest), 1);
  EXPECT_EQ(rows.at(later), 100);
  EXPECT_EQ(rows.at(oldest), 256);
  EXPECT_EQ(simulation.plan().n_decode_rows, 1);
  EXPECT_EQ(simulation.plan().n_rows, 512);
}

TEST(Scheduler, RunsNoMoreThanMaxSequences) {
  SchedulerOptions options = with_windows({0});
  options.max_sequences = 3;
  Simulation simulation(options, 1000);
  for (int i = 0; i < 5; ++i) {
    simulation.add_prompt(20, i * 100, 10);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(simulation.step().size(), 3U);
  }
  EXPECT_EQ(simulation.scheduler().n_waiting(), 2);
}

TEST(Scheduler, TakesSharedBeginningsFromTheCache) {
  Simulation simulation(with_windows({0}), 1000);
  Sequence& first = simulation.add_prompt(100, 0);
  simulation.step();
  Sequence& running_hit = simulation.add_prompt(100, 0);
  EXPECT_EQ(simulation.step().at(running_hit.id), 4) << "a running sequence shares its 3 full blocks";
  simulation.remove(first);
  simulation.remove(running_hit);
  std::vector<TokenId> other(100);
  std::iota(other.begin(), other.end(), 0);
  other[40] = 999;
  const SequenceId forked = simulation.add(other, 10).id;
  EXPECT_EQ(simulation.step().at(forked), 68);
  const SequenceId again = simulation.add_prompt(96, 0).id;
  EXPECT_EQ(simulation.step().at(again), 32) << "the last row is always computed";
}

TEST(Scheduler, WaitsForBlocksThatAreBeingComputed) {
  Simulation simulation(with_windows({0}), 1000);
  const SequenceId first = simulation.add_prompt(700, 0).id;
  const SequenceId second = simulation.add_prompt(700, 0).id;
  const SequenceId third = simulation.add_prompt(100, 5000).id;
  EXPECT_EQ(simulation.step(), (std::map<SequenceId, std::int32_t>{{first, 412}, {third, 100}}));
  simulation.step();
  const auto rows = simulation.step();
  EXPECT_EQ(rows.at(second), 700 - 672);
  EXPECT_EQ(rows.at(first), 1);
}

TEST(Scheduler, DoesNotWaitForASequenceThatWentAway) {
  Simulation simulation(with_windows({0}), 1000);
  Sequence& first = simulation.add_prompt(700, 0);
  const SequenceId second = simulation.add_prompt(700, 0).id;
  simulation.step(100);
  simulation.remove(first);
  const auto rows = simulation.step(1000);
  EXPECT_EQ(rows.at(second), 512);
}

TEST(Scheduler, PutsTheYoungestBackWhenBlocksRunOut) {
  SchedulerOptions options = with_windows({0});
  options.prefix_cache = false;
  Simulation simulation(options, 8);
  const SequenceId old_one = simulation.add_prompt(60, 0, 150).id;  // 7 blocks at its end
  const SequenceId young_one = simulation.add_prompt(60, 500, 100).id;
  std::set<SequenceId> finished_order;
  int n_steps = 0;
  while (simulation.has(old_one)) {
    const auto rows = simulation.step();
    ASSERT_TRUE(rows.contains(old_one)) << "the oldest goes on in every step";
    ASSERT_LT(++n_steps, 500);
  }
  EXPECT_GE(simulation.scheduler().n_preemptions(), 1);
  EXPECT_TRUE(simulation.has(young_one));
  while (!simulation.empty()) {
    simulation.step();
    ASSERT_LT(++n_steps, 1000);
  }
  EXPECT_LE(simulation.scheduler().n_preemptions(), 3) << "put back and fetched again and again";
}

TEST(Scheduler, CachedBlocksMakeRoomForRunningOnes) {
  Simulation simulation(with_windows({0}), 8);
  for (TokenId first = 0; first < 10000; first += 1000) {
    simulation.add_prompt(200, first, 20);
    while (!simulation.empty()) {
      simulation.step();
    }
  }
  EXPECT_EQ(simulation.scheduler().n_preemptions(), 0);
  EXPECT_GT(simulation.pool().cached_bytes(), 0);
}

TEST(Scheduler, WindowsHoldNoMoreThanTheyNeed) {
  SchedulerOptions options = with_windows({0, 64});
  Simulation simulation(options, 1000);
  Sequence& sequence = simulation.add_prompt(900, 0);
  while (sequence.n_tokens() < 1500) {
    simulation.step(64);
    const BlockTable& windowed = sequence.tables[1];
    ASSERT_LE(std::ssize(windowed.blocks) - windowed.n_passed, 6);
    ASSERT_LE(Scheduler::bytes_for(simulation.pool(), options, sequence.n_computed), simulation.pool().budget_bytes());
  }
  // The global group has all, the windowed one what the window, the prompt's end and the step need.
  const std::int64_t n_blocks = (simulation.pool().in_use_bytes() + simulation.pool().cached_bytes()) / kPage;
  EXPECT_LE(n_blocks, 1500 / 32 + 1 + 6 + 3);
}

TEST(Scheduler, AShortPromptPassesOneThatFindsNoBlocks) {
  SchedulerOptions options = with_windows({0});
  options.prefix_cache = false;
  Simulation simulation(options, 40);
  const SequenceId running = simulation.add_prompt(600, 0).id;  // 19 blocks and growing
  simulation.step();
  simulation.step();
  const SequenceId large = simulation.add_prompt(900, 5000).id;
  std::int64_t n_short = 0;
  for (int i = 0; i < 60; ++i) {
    simulation.add_prompt(10, 9000 + i * 20, 1);
    const auto rows = simulation.step();
    ASSERT_TRUE(rows.contains(running));
    ASSERT_FALSE(rows.contains(large));
    n_short += std::ssize(rows) - 1;
  }
  EXPECT_EQ(n_short, 16) << "short ones pass, but not for ever";
}

TEST(Scheduler, PromptLogprobsComputeTheirRowsInSmallSteps) {
  Simulation simulation(with_windows({0}), 1000);
  Sequence& first = simulation.add_prompt(100, 0);
  simulation.step();
  Sequence& second = simulation.add_prompt(100, 0);
  second.request.prompt_logprobs = true;
  EXPECT_EQ(simulation.step().at(second.id), 32) << "nothing from the cache, no more than the logits buffer holds";
  EXPECT_EQ(second.tables[0].blocks[0], first.tables[0].blocks[0]) << "the same content is kept once";
}

TEST(Scheduler, LengthDependentPositionsAreNotShared) {
  SchedulerOptions options = with_windows({0});
  options.max_shared_positions = 64;
  Simulation simulation(options, 1000);
  Sequence& first = simulation.add_prompt(60, 0);
  while (first.n_tokens() < 200) {
    simulation.step();
  }
  const std::vector<TokenId> all = first.tokens;
  const auto added = [&](std::size_t n) {
    return simulation.add(std::vector<TokenId>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)), 5).id;
  };
  const SequenceId within = added(64);
  EXPECT_EQ(simulation.step().at(within), 32);
  const SequenceId beyond = added(150);
  EXPECT_EQ(simulation.step().at(beyond), 150) << "a longer prompt changes the first positions too";
}

SchedulerOptions with_states() {
  SchedulerOptions options;
  options.has_state = true;
  return options;
}

TEST(Scheduler, KeepsStatesAtThePromptsEndAndEvery1024Positions) {
  Simulation simulation(with_states(), 100);
  const SequenceId first = simulation.add_prompt(2000, 0, 2).id;
  EXPECT_EQ(simulation.step(600).at(first), 512);
  EXPECT_EQ(simulation.step(600).at(first), 512);
  EXPECT_EQ(simulation.step(1000).at(first), 512);
  EXPECT_EQ(simulation.step(1000).at(first), 2000 - 1 - 3 * 512);
  EXPECT_EQ(simulation.step(1000).at(first), 1);
  EXPECT_EQ(simulation.step(1000).at(first), 1);
  ASSERT_TRUE(simulation.empty());
  EXPECT_EQ(simulation.pool().cached_bytes(), 3 * kPage) << "at 1024, before the prompt's last token, at the end";
  // Another end: from position 1024 on.
  std::vector<TokenId> other(1500);
  std::iota(other.begin(), other.end(), 0);
  other[1100] = 0;
  const SequenceId second = simulation.add(other, 2).id;
  EXPECT_EQ(simulation.step(512).at(second), 1499 - 1024);
}

TEST(Scheduler, WaitsForAStateThatIsBeingComputed) {
  Simulation simulation(with_states(), 100);
  const SequenceId first = simulation.add_prompt(700, 0).id;
  simulation.step(400);
  std::vector<TokenId> other(650);
  std::iota(other.begin(), other.end(), 0);
  other[600] = 0;
  const SequenceId second = simulation.add(other, 10).id;
  EXPECT_EQ(simulation.step(400), (std::map<SequenceId, std::int32_t>{{first, 200}})) << "to where the texts part";
  const auto rows = simulation.step(400);
  EXPECT_EQ(rows.at(second), 649 - 600);
  EXPECT_EQ(rows.at(first), 699 - 600);
}

TEST(Scheduler, StatesMakeRoomForRunningSequences) {
  Simulation simulation(with_states(), 3);
  for (TokenId first = 0; first < 10000; first += 1000) {
    simulation.add_prompt(200, first, 20);
  }
  while (!simulation.empty()) {
    simulation.step();
    EXPECT_LE(simulation.scheduler().n_running(), 3);
  }
  EXPECT_EQ(simulation.scheduler().n_preemptions(), 0);
  EXPECT_EQ(simulation.pool().cached_bytes(), 3 * kPage);
}

// Random arrivals, ends and cancellations; Simulation::check looks at every step.
class RandomSchedule : public testing::TestWithParam<int> {};

TEST_P(RandomSchedule, KeepsItsBooks) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const std::vector<std::vector<std::int32_t>> layouts = {{0}, {0, 40}, {48}, {0, 33, 100}, {}};
  SchedulerOptions options = with_windows(layouts[static_cast<std::size_t>(below(5))]);
  options.has_state = options.windows.empty();
  options.max_sequences = 1 + below(10);
  options.max_step_rows = std::max(options.max_sequences, 1 + below(80));
  options.prefix_cache = below(4) != 0;
  const std::int64_t n_groups = std::ssize(options.windows);
  Simulation simulation(options, options.has_state ? 1 + below(15) : (20 + below(30)) * n_groups);
  for (int step = 0; step < 400 || !simulation.empty(); ++step) {
    ASSERT_LT(step, 6000) << "somebody starves";
    if (step < 400 && below(3) == 0) {
      const int n_tokens = 1 + below(below(4) == 0 ? 500 : 100);
      simulation.add_prompt(n_tokens, below(4) * 1000, 1 + below(60));
    }
    if (!simulation.empty() && below(20) == 0) {
      auto victim = simulation.sequences().begin();
      std::advance(victim, below(static_cast<int>(simulation.sequences().size())));
      simulation.remove(*victim->second);
    }
    if (!simulation.empty()) {
      const auto rows = simulation.step(options.max_sequences + below(60));
      ASSERT_FALSE(rows.empty());
    }
    ASSERT_FALSE(HasFatalFailure());
  }
  EXPECT_EQ(simulation.pool().in_use_bytes(), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSchedule, testing::Range(0, 75));

}  // namespace
}  // namespace hearth::engine
