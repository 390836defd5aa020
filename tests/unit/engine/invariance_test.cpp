// Batch invariance in the real engine: whatever happens around a prompt, its tokens and its logits are the same, bit
// for bit, for each instruction-set level with itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/real_model.h"
#include "model/single_sequence.h"

namespace hearth::engine {
namespace {

struct Case {
  std::string fixture;
  model::Precision precision = model::Precision::kFast;
  std::int64_t window = 0;
};

void PrintTo(const Case& value, std::ostream* out) {
  *out << value.fixture;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = std::filesystem::path(info.param.fixture).stem().string() +
                     (info.param.precision == model::Precision::kExact ? "_exact" : "_fast") +
                     (info.param.window > 0 ? "_window" + std::to_string(info.param.window) : "");
  std::ranges::replace_if(name, [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

class Invariance : public testing::TestWithParam<Case> {
 protected:
  static RealModelOptions options(cpu::IsaLevel level, int n_threads = 1) {
    return {GetParam().fixture, GetParam().precision, n_threads, level, GetParam().window};
  }
  // The scalar kernels of the quantised fixture are slow; its prompts still cross blocks and an attention partition.
  static bool is_slow(const RealModel& model) {
    return model.level == cpu::IsaLevel::kScalar && GetParam().fixture == "gguf-quant-q4_k";
  }
  // 700 tokens: 22 blocks, three attention partitions, far beyond the trained context and every window.
  static SequenceRequest request(const RealModel& model) {
    SequenceRequest request;
    request.prompt = random_prompt(model, is_slow(model) ? 280 : 700, 1);
    request.max_new_tokens = is_slow(model) ? 20 : 40;
    request.sampling.seed = 11;
    return request;
  }
  static EngineOptions chunks_of(std::int32_t n_rows) {
    EngineOptions engine;
    engine.max_step_rows = n_rows;
    engine.prefix_cache = false;
    return engine;
  }
  // Alone, in large chunks, without a cache.
  static Reply reference(RealModel& model) { return RealEngine(model, chunks_of(512)).answer(request(model)); }
};

TEST_P(Invariance, ChunkSizesAndSingleSequence) {
  for (const cpu::IsaLevel level : levels_to_test()) {
    RealModel model(options(level));
    const Reply expected = reference(model);
    ASSERT_EQ(std::ssize(expected.tokens), request(model).max_new_tokens);
    ASSERT_EQ(expected.rows.size(), expected.tokens.size());
    for (const std::int32_t n_rows : {1, 7, 32, 33}) {
      const Reply reply = RealEngine(model, chunks_of(n_rows)).answer(request(model));
      expect_same(reply, expected, std::string(cpu::to_string(level)) + ", chunks of " + std::to_string(n_rows));
    }
    // The oracle without an engine.
    Reply alone{.tokens = expected.tokens};
    std::vector<TokenId> tokens = request(model).prompt;
    const std::int64_t first_drawn = std::ssize(tokens) - 1;
    tokens.insert(tokens.end(), expected.tokens.begin(), expected.tokens.end() - 1);
    auto sequence = model::SingleSequence::create(*model.model, model.kv_type, kRealContext).value();
    ASSERT_TRUE(sequence.feed(tokens, 96, false, [&](std::int64_t position, std::span<const float> logits) {
      if (position >= first_drawn) {
        alone.rows[position].assign(logits.begin(), logits.end());
      }
    }));
    expect_same(alone, expected, std::string(cpu::to_string(level)) + ", single sequence");
  }
}

TEST_P(Invariance, Threads) {
  for (const cpu::IsaLevel level : levels_to_test()) {
    RealModel one(options(level, 1));
    RealModel two(options(level, 2));
    RealModel three(options(level, 3));
    const Reply expected = reference(one);
    expect_same(reference(two), expected, std::string(cpu::to_string(level)) + ", 2 threads");
    expect_same(reference(three), expected, std::string(cpu::to_string(level)) + ", 3 threads");
  }
}

TEST_P(Invariance, BesideSevenOthers) {
  for (const cpu::IsaLevel level : levels_to_test()) {
    RealModel model(options(level, 2));
    const Reply expected = reference(model);
    for (const std::int32_t n_rows : {45, 512}) {
      RealEngine engine(model, chunks_of(n_rows));
      const auto add_others = [&](unsigned n_others, unsigned n_prompt, unsigned seed) {
        for (unsigned i = 0; i < n_others; ++i) {
          SequenceRequest other = request(model);
          other.prompt = random_prompt(model, n_prompt + 30 * i, seed + i);
          other.max_new_tokens = is_slow(model) ? 10 + 5 * i : 40 + 20 * i;
          engine.submit(other);
        }
        engine.engine->step();
      };
      add_others(4, 5, 100);
      const SequenceId id = engine.submit(request(model));
      engine.engine->step();
      add_others(3, is_slow(model) ? 50 : 300, 200);
      engine.run();
      expect_same(engine.reply(id), expected,
                  std::string(cpu::to_string(level)) + ", beside others, steps of " + std::to_string(n_rows));
    }
  }
}

TEST_P(Invariance, PrefixHits) {
  for (const cpu::IsaLevel level : levels_to_test()) {
    RealModel model(options(level));
    const std::string name(cpu::to_string(level));
    const Reply expected = reference(model);
    RealEngine engine(model, {});
    SequenceRequest before = request(model);
    before.prompt.resize(before.prompt.size() / 2);
    before.max_new_tokens = 3;
    engine.answer(before);
    const Reply half = engine.answer(request(model));
    EXPECT_EQ(half.n_cached_tokens, std::ssize(before.prompt) / 32 * 32);
    expect_same(half, expected, name + ", half the prompt cached");
    const Reply whole = engine.answer(request(model));
    EXPECT_EQ(whole.n_cached_tokens, std::ssize(request(model).prompt) / 32 * 32);
    expect_same(whole, expected, name + ", the whole prompt cached");
    // Beside itself: the blocks are shared while both run.
    const SequenceId first = engine.submit(request(model));
    engine.engine->step();
    const SequenceId second = engine.submit(request(model));
    engine.run();
    expect_same(engine.reply(first), expected, name + ", shared blocks");
    expect_same(engine.reply(second), expected, name + ", shared blocks");
  }
}

// Both sequences in one engine, the younger two steps after the older.
struct Pair {
  SequenceId older = 0;
  SequenceId younger = 0;
};

Pair start_both(RealEngine& engine, const SequenceRequest& older, const SequenceRequest& younger) {
  Pair pair;
  pair.older = engine.submit(older);
  engine.engine->step();
  pair.younger = engine.submit(younger);
  engine.engine->step();
  return pair;
}

// The smallest pool in which both are admitted: as both grow, one must go.
std::int64_t smallest_pool(RealModel& model, EngineOptions options, const SequenceRequest& older,
                           const SequenceRequest& younger) {
  std::int64_t too_small = 0;
  std::int64_t enough = std::int64_t{1} << 18;  // pages: a gigabyte
  while (enough - too_small > 1) {
    const std::int64_t middle = too_small + (enough - too_small) / 2;
    options.kv_cache_bytes = middle * 4096;
    bool both = false;
    if (Engine::create(*model.model, options)) {
      RealEngine engine(model, options);
      start_both(engine, older, younger);
      both = engine.engine->stats().n_running == 2;
    }
    (both ? enough : too_small) = middle;
  }
  return enough * 4096;
}

TEST_P(Invariance, PreemptedAndRecomputed) {
  for (const cpu::IsaLevel level : levels_to_test()) {
    RealModel model(options(level, 2));
    SequenceRequest younger = request(model);
    younger.prompt.resize(is_slow(model) ? 200 : 450);
    younger.max_new_tokens = is_slow(model) ? 80 : 400;
    SequenceRequest older = younger;
    older.prompt = random_prompt(model, 40, 5);
    older.max_new_tokens += 50;
    const Reply expected = RealEngine(model, chunks_of(512)).answer(younger);
    EngineOptions tight = chunks_of(16);
    tight.context_size = is_slow(model) ? 288 : 864;
    tight.kv_type = model.kv_type;
    tight.kv_cache_bytes = smallest_pool(model, tight, older, younger);
    for (const bool prefix_cache : {false, true}) {
      tight.prefix_cache = prefix_cache;
      RealEngine engine(model, tight);
      const Pair pair = start_both(engine, older, younger);
      engine.run();
      EXPECT_GE(engine.engine->stats().n_preemptions, 1);
      EXPECT_EQ(std::ssize(engine.sink->tokens(pair.older)), older.max_new_tokens);
      expect_same(engine.reply(pair.younger), expected, std::string(cpu::to_string(level)) + ", preempted");
      EXPECT_EQ(engine.engine->stats().n_free_blocks, engine.engine->stats().n_blocks);
    }
  }
}

std::vector<Case> invariance_cases() {
  if (kSanitized) {
    return {{"gguf-gemma2-gguf"}};
  }
  if (extra_model() != nullptr) {
    return {{extra_model()}};
  }
  return {{"gguf-llama-f32"},
          {"gguf-llama-f32", model::Precision::kExact},
          {"gguf-quant-q4_k"},
          {"gguf-quant-q4_k", model::Precision::kExact},
          {"gguf-gemma2-gguf"},
          {"gguf-gemma3-gguf"},
          {"gguf-gemma3-gguf", model::Precision::kFast, 100}};
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Invariance, testing::ValuesIn(invariance_cases()), name_of);

// A recurrent model: whatever a prompt begins with, beside whom, on how many threads.
class RecurrentInvariance : public testing::TestWithParam<Case> {};

TEST_P(RecurrentInvariance, StatesChunksNeighboursAndThreads) {
  for (const cpu::IsaLevel level : levels_to_test()) {
    const std::string name(cpu::to_string(level));
    RealModel model({GetParam().fixture, GetParam().precision, 2, level});
    SequenceRequest request;
    request.prompt = random_prompt(model, 150, 1);
    request.max_new_tokens = 30;
    request.sampling.seed = 11;
    EngineOptions uncached;
    uncached.prefix_cache = false;
    const Reply expected = RealEngine(model, uncached).answer(request);
    ASSERT_EQ(expected.rows.size(), expected.tokens.size());
    for (const std::int32_t n_rows : {1, 7, 64}) {
      uncached.max_step_rows = n_rows;
      expect_same(RealEngine(model, uncached).answer(request), expected, name + ", chunks");
    }
    RealModel one_thread({GetParam().fixture, GetParam().precision, 1, level});
    expect_same(RealEngine(one_thread, {}).answer(request), expected, name + ", one thread");

    RealEngine cached(model, {});
    SequenceRequest before = request;
    before.prompt.resize(70);
    const Reply first = cached.answer(before);
    const Reply half = cached.answer(request);
    EXPECT_EQ(half.n_cached_tokens, 69);
    expect_same(half, expected, name + ", half the prompt");
    const Reply whole = cached.answer(request);
    EXPECT_EQ(whole.n_cached_tokens, 149);
    expect_same(whole, expected, name + ", the whole prompt");
    for (unsigned i = 0; i < 4; ++i) {
      SequenceRequest other = request;
      other.prompt = random_prompt(model, 20 + 30 * i, 100 + i);
      cached.submit(other);
    }
    const SequenceId beside = cached.submit(request);
    cached.run();
    expect_same(cached.reply(beside), expected, name + ", beside others");
    // The next turn, with the kept state and without.
    request.prompt.insert(request.prompt.end(), expected.tokens.begin(), expected.tokens.end());
    request.prompt.push_back(5);
    const Reply turn = cached.answer(request);
    EXPECT_EQ(turn.n_cached_tokens, 150 + 30 - 1);
    expect_same(turn, RealEngine(model, uncached).answer(request), name + ", next turn");
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, RecurrentInvariance,
                         testing::Values(Case{"rwkv-v6-gguf"}, Case{"rwkv-v7-gguf"},
                                         Case{"rwkv-v7-gguf", model::Precision::kExact}),
                         name_of);

// A conversation with a windowed model, forked at two earlier turns.
class Forks : public testing::TestWithParam<Case> {};

TEST_P(Forks, EqualTheRunWithoutACache) {
  RealModel model({GetParam().fixture, GetParam().precision, 2, cpu::available_levels().back(), GetParam().window});
  EngineOptions uncached;
  uncached.prefix_cache = false;
  RealEngine plain(model, uncached);
  RealEngine cached(model, {});
  SequenceRequest request;
  request.max_new_tokens = 50;
  request.sampling.seed = 3;
  const auto ask = [&](const std::string& what) {
    const Reply reply = cached.answer(request);
    expect_same(reply, plain.answer(request), what);
    return reply;
  };
  const auto turn = [&](unsigned seed) {
    const std::vector<TokenId> user = random_prompt(model, 150, seed);
    request.prompt.insert(request.prompt.end(), user.begin(), user.end());
  };
  request.prompt = random_prompt(model, 210, 20);
  std::vector<std::vector<TokenId>> ends;  // prompt and reply, turn by turn
  for (unsigned i = 0; i < 4; ++i) {
    const Reply reply = ask("turn " + std::to_string(i));
    request.prompt.insert(request.prompt.end(), reply.tokens.begin(), reply.tokens.end());
    ends.push_back(request.prompt);
    turn(30 + i);
  }
  for (const std::size_t i : {0U, 1U}) {
    request.prompt = ends[i];
    turn(40 + static_cast<unsigned>(i));
    const Reply reply = ask("fork after turn " + std::to_string(i));
    // All that was computed: the last token of a reply is not.
    EXPECT_EQ(reply.n_cached_tokens, (std::ssize(ends[i]) - 1) / 32 * 32);
  }
  // A prompt that was answered before, asked again.
  request.prompt = {ends[1].begin(), ends[1].end() - 50};
  EXPECT_EQ(ask("asked again").n_cached_tokens, (std::ssize(request.prompt) - 1) / 32 * 32);
  // A fork where nothing ends: the window's blocks are gone, so the hit shortens, and the reply is still the same.
  request.prompt = ends[2];
  request.prompt.resize(430);
  turn(50);
  ask("fork within a turn");
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Forks,
                         testing::Values(Case{"gguf-gemma2-gguf"}, Case{"gguf-gemma3-gguf"},
                                         Case{"gguf-gemma2-gguf", model::Precision::kFast, 100},
                                         Case{"gguf-gemma3-gguf", model::Precision::kFast, 100}),
                         name_of);

TEST(Choices, DifferRepeatAndBeginWithThatOfOne) {
  RealModel model({"gguf-llama-f32", model::Precision::kFast, 2, cpu::available_levels().back()});
  SequenceRequest request;
  request.prompt = random_prompt(model, 100, 1);
  request.max_new_tokens = 60;
  request.sampling.seed = 77;
  const Reply alone = RealEngine(model, {}).answer(request);
  std::vector<std::vector<TokenId>> rounds[2];
  for (auto& replies : rounds) {
    RealEngine engine(model, {});
    std::vector<SequenceId> ids;
    for (std::int32_t choice = 0; choice < 4; ++choice) {
      request.choice_index = choice;
      ids.push_back(engine.submit(request));
    }
    engine.run();
    expect_same(engine.reply(ids[0]), alone, "choice 0");
    for (const SequenceId id : ids) {
      replies.push_back(engine.reply(id).tokens);
    }
    EXPECT_EQ(engine.engine->stats().n_prompt_tokens, 100 + 3 * 4) << "the prompt's full blocks are computed once";
  }
  EXPECT_EQ(rounds[0], rounds[1]);
  EXPECT_EQ(std::set(rounds[0].begin(), rounds[0].end()).size(), 4U);
}

}  // namespace
}  // namespace hearth::engine
