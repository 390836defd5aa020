#include "engine/engine_impl.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "engine/fake_model.h"

namespace hearth::engine {
namespace {

EngineOptions small_engine(std::int64_t n_blocks, std::int64_t context_size = 1024) {
  EngineOptions options;
  options.context_size = context_size;
  options.kv_cache_bytes = n_blocks * kFakeBlockBytes;
  options.cache_identity = "fake";
  return options;
}

std::vector<TokenId> prompt_of(std::size_t n_tokens, unsigned seed, int n_vocab = 50) {
  std::mt19937 random(seed);
  std::vector<TokenId> prompt(n_tokens);
  std::ranges::generate(prompt, [&] { return static_cast<TokenId>(random() % static_cast<unsigned>(n_vocab)); });
  return prompt;
}

SequenceRequest request_of(std::vector<TokenId> prompt, std::int64_t n_new, std::uint64_t seed = 1) {
  SequenceRequest request;
  request.prompt = std::move(prompt);
  request.max_new_tokens = n_new;
  request.sampling.seed = seed;
  return request;
}

struct Fixture {
  explicit Fixture(EngineOptions engine_options, FakeModelOptions fake_options = {})
      : model_options(std::move(fake_options)),
        options(std::move(engine_options)),
        model(model_options),
        engine(Engine::create(model, options).value()) {}

  SequenceId submit(const SequenceRequest& request) { return engine->submit(request, sink).value(); }
  void run() {
    for (int n_steps = 0; engine->has_work(); ++n_steps) {
      ASSERT_LT(n_steps, 100000);
      engine->step();
    }
  }
  std::vector<TokenId> expected(const SequenceRequest& request) const {
    return expected_reply(model_options, request, options.context_size);
  }
  void expect_all_free() const {
    const EngineStats stats = engine->stats();
    EXPECT_EQ(stats.n_free_blocks, stats.n_blocks);
    EXPECT_EQ(stats.n_running, 0);
    EXPECT_EQ(stats.n_waiting, 0);
  }

  FakeModelOptions model_options;
  EngineOptions options;
  FakeModel model;
  std::shared_ptr<CollectingSink> sink = std::make_shared<CollectingSink>();
  std::unique_ptr<Engine> engine;
};

TEST(Engine, AnswersAPrompt) {
  Fixture fixture(small_engine(100));
  const SequenceRequest request = request_of(prompt_of(70, 1), 90);
  const SequenceId id = fixture.submit(request);
  EXPECT_TRUE(fixture.engine->has_work());
  fixture.run();
  EXPECT_EQ(fixture.sink->tokens(id), fixture.expected(request));
  const std::vector<TokenEvent> events = fixture.sink->events(id);
  ASSERT_EQ(events.size(), 90U);
  EXPECT_EQ(events.back().finish, FinishReason::kLength);
  EXPECT_FALSE(events.front().logprob);
  EXPECT_FALSE(fixture.engine->step());
  fixture.expect_all_free();
  EXPECT_EQ(fixture.engine->stats().n_prompt_tokens, 70);
  EXPECT_EQ(fixture.engine->stats().n_generated_tokens, 90);
}

TEST(Engine, StopIdsEndASequence) {
  Fixture fixture(small_engine(100));
  SequenceRequest request = request_of(prompt_of(40, 1), 50);
  const std::vector<TokenId> plain = fixture.expected(request);
  request.stop_ids = {plain[10]};
  const SequenceId id = fixture.submit(request);
  request.sampling.ignore_eos = true;
  const SequenceId ignoring = fixture.submit(request);
  fixture.run();
  const std::vector<TokenEvent> events = fixture.sink->events(id);
  EXPECT_EQ(fixture.sink->tokens(id), fixture.expected([&] {
    SequenceRequest stopping = request;
    stopping.sampling.ignore_eos = false;
    return stopping;
  }()));
  EXPECT_TRUE(events.back().is_stop);
  EXPECT_EQ(events.back().finish, FinishReason::kStop);
  EXPECT_EQ(fixture.sink->tokens(ignoring).size(), 50U);
  const std::vector<TokenId> unstopped = fixture.sink->tokens(ignoring);
  EXPECT_EQ(std::ranges::count(unstopped, request.stop_ids[0]), 0);
}

TEST(Engine, CapsAtTheContext) {
  Fixture fixture(small_engine(100, 100));
  const SequenceId id = fixture.submit(request_of(prompt_of(90, 1), 50));
  fixture.run();
  EXPECT_EQ(fixture.sink->tokens(id).size(), 10U);
  EXPECT_EQ(fixture.sink->events(id).back().finish, FinishReason::kLength);
}

TEST(Engine, RefusesWhatItCannotAnswer) {
  Fixture fixture(small_engine(100, 100));
  const auto error = [&](const SequenceRequest& request) {
    const Result<SequenceId> result = fixture.engine->submit(request, fixture.sink);
    return result ? Error{} : result.error();
  };
  EXPECT_EQ(error(request_of({}, 5)).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error(request_of({50}, 5)).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error(request_of({-1}, 5)).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error(request_of({1}, -5)).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error(request_of(prompt_of(100, 1), 1)).context, kPromptTooLong);
  EXPECT_EQ(error(request_of(prompt_of(101, 1), 0)).context, kPromptTooLong);
  SequenceRequest biased = request_of({1}, 5);
  biased.sampling.logit_bias = {{77, 1.0F}};
  EXPECT_EQ(error(biased).context, "logit_bias");
  SequenceRequest stopping = request_of({1}, 5);
  stopping.stop_ids = {99};
  EXPECT_EQ(error(stopping).code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fixture.engine->has_work());
}

TEST(Engine, NeedsRoomForOneContext) {
  FakeModel model({.windows = {0, 64}});
  EngineOptions options = small_engine(30, 2048);
  const auto refused = Engine::create(model, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message.find("2048"), std::string::npos) << refused.error().message;
  // 30 blocks: 15 of each group hold 480 positions.
  EXPECT_NE(refused.error().message.find("fits is 480"), std::string::npos) << refused.error().message;
  options.context_size = 480;
  EXPECT_TRUE(Engine::create(model, options));
  options.context_size = 481;
  EXPECT_FALSE(Engine::create(model, options));
}

TEST(Engine, QueueIsBounded) {
  EngineOptions options = small_engine(100);
  options.max_queued = 5;
  options.max_sequences = 2;
  Fixture fixture(options);
  std::vector<SequenceId> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(fixture.submit(request_of(prompt_of(20, 1), 10)));
  }
  EXPECT_EQ(fixture.engine->submit(request_of({1}, 1), fixture.sink).error().code, ErrorCode::kOverloaded);
  fixture.engine->step();
  EXPECT_EQ(fixture.engine->stats().n_running, 2);
  fixture.submit(request_of({1}, 1));
  fixture.submit(request_of({1}, 1));
  EXPECT_FALSE(fixture.engine->submit(request_of({1}, 1), fixture.sink));
  fixture.engine->cancel(ids[4]);
  fixture.engine->step();
  EXPECT_TRUE(fixture.engine->submit(request_of({1}, 1), fixture.sink)) << "a cancelled one leaves the queue";
  fixture.run();
  EXPECT_EQ(fixture.sink->n_finished(), 8);
}

TEST(Engine, CancelFreesAtTheNextStep) {
  Fixture fixture(small_engine(100));
  const SequenceId running = fixture.submit(request_of(prompt_of(200, 1), 500));
  fixture.engine->step();
  EXPECT_LT(fixture.engine->stats().n_free_blocks, 100);
  const SequenceId waiting = fixture.submit(request_of(prompt_of(200, 2), 500));
  fixture.engine->cancel(running);
  fixture.engine->cancel(waiting);
  fixture.engine->cancel(12345);
  fixture.engine->step();
  fixture.expect_all_free();
  for (const SequenceId id : {running, waiting}) {
    EXPECT_EQ(fixture.sink->events(id).back().finish, FinishReason::kCancelled);
  }
  fixture.engine->cancel(running);
  fixture.engine->step();
  EXPECT_FALSE(fixture.engine->has_work());
}

TEST(Engine, ReportsCachedTokensOnce) {
  Fixture fixture(small_engine(100));
  const SequenceRequest request = request_of(prompt_of(100, 1), 5);
  const SequenceId first = fixture.submit(request);
  fixture.run();
  const SequenceId second = fixture.submit(request);
  fixture.run();
  SequenceRequest salted = request;
  salted.cache_salt = "mine";
  const SequenceId third = fixture.submit(salted);
  fixture.run();
  EXPECT_EQ(fixture.sink->events(first).front().n_cached_tokens, 0);
  EXPECT_EQ(fixture.sink->events(second).front().n_cached_tokens, 96);
  EXPECT_EQ(fixture.sink->events(second).back().n_cached_tokens, 0);
  EXPECT_EQ(fixture.sink->events(third).front().n_cached_tokens, 0);
  EXPECT_EQ(fixture.sink->tokens(second), fixture.sink->tokens(first));
  EXPECT_EQ(fixture.sink->tokens(third), fixture.sink->tokens(first));
  EXPECT_EQ(fixture.engine->stats().n_cached_tokens, 96);
  EXPECT_EQ(fixture.engine->stats().n_prompt_tokens, 204);
}

TEST(Engine, LogprobsAreOfTheUnmodifiedDistribution) {
  Fixture fixture(small_engine(100));
  SequenceRequest request = request_of(prompt_of(50, 1), 8);
  request.n_top_logprobs = 3;
  const SequenceId plain = fixture.submit(request);
  fixture.run();
  request.sampling.temperature = 0;
  request.sampling.logit_bias = {{fixture.sink->events(plain).front().top_logprobs.front().token, -100.0F}};
  const SequenceId biased = fixture.submit(request);
  fixture.run();
  const TokenEvent a = fixture.sink->events(plain).front();
  const TokenEvent b = fixture.sink->events(biased).front();
  ASSERT_EQ(a.top_logprobs.size(), 3U);
  EXPECT_GE(a.top_logprobs[0].logprob, a.top_logprobs[1].logprob);
  EXPECT_EQ(a.top_logprobs[0].token, b.top_logprobs[0].token);
  EXPECT_EQ(a.top_logprobs[0].logprob, b.top_logprobs[0].logprob);
  EXPECT_EQ(b.token, b.top_logprobs[1].token) << "the best was banned";
  EXPECT_EQ(*b.logprob, b.top_logprobs[1].logprob);
}

TEST(Engine, PromptLogprobsComeOncePerTokenInOrder) {
  EngineOptions options = small_engine(12, 320);
  Fixture fixture(options);
  SequenceRequest request = request_of(prompt_of(150, 1), 4);
  const SequenceId plain = fixture.submit(request);  // fills the prefix cache
  fixture.run();
  request.prompt_logprobs = true;
  request.n_top_logprobs = 2;
  const SequenceId old_one = fixture.submit(request_of(prompt_of(60, 9), 200));
  const SequenceId id = fixture.submit(request);  // will be put back by the older one
  request.max_new_tokens = 0;
  const SequenceId echo = fixture.submit(request);
  fixture.run();
  for (const SequenceId sequence : {id, echo}) {
    const std::vector<TokenEvent> events = fixture.sink->events(sequence);
    ASSERT_GE(events.size(), 150U);
    for (std::size_t i = 0; i < 150; ++i) {
      ASSERT_TRUE(events[i].is_prompt);
      ASSERT_EQ(events[i].token, request.prompt[i]);
      ASSERT_EQ(events[i].logprob.has_value(), i > 0);
      ASSERT_EQ(events[i].top_logprobs.size(), i > 0 ? 2U : 0U);
    }
    EXPECT_EQ(events[10].logprob, fixture.sink->events(id)[10].logprob);
  }
  EXPECT_EQ(fixture.sink->tokens(id), fixture.sink->tokens(plain));
  EXPECT_EQ(fixture.sink->events(echo).size(), 151U);
  EXPECT_EQ(fixture.sink->events(echo).back().finish, FinishReason::kLength);
  EXPECT_EQ(fixture.sink->tokens(old_one).size(), 200U);
  fixture.expect_all_free();
}

TEST(Engine, ZeroNewTokensNeedNoStep) {
  Fixture fixture(small_engine(100, 64));
  const SequenceId id = fixture.submit(request_of(prompt_of(64, 1), 0));
  fixture.run();
  ASSERT_EQ(fixture.sink->events(id).size(), 1U);
  EXPECT_EQ(fixture.sink->events(id).back().finish, FinishReason::kLength);
  EXPECT_EQ(fixture.model.n_steps, 0);
}

TEST(Engine, ChoicesShareTheirPromptAndDiffer) {
  Fixture fixture(small_engine(200));
  SequenceRequest request = request_of(prompt_of(330, 1), 30);
  const SequenceId alone = fixture.submit(request);
  fixture.run();
  Fixture together(small_engine(200));
  std::vector<SequenceId> ids;
  for (int choice = 0; choice < 4; ++choice) {
    request.choice_index = choice;
    ids.push_back(together.submit(request));
  }
  together.run();
  EXPECT_EQ(together.sink->tokens(ids[0]), fixture.sink->tokens(alone));
  std::set<std::vector<TokenId>> replies;
  for (int choice = 0; choice < 4; ++choice) {
    request.choice_index = choice;
    const std::vector<TokenId> reply = together.sink->tokens(ids[static_cast<std::size_t>(choice)]);
    EXPECT_EQ(reply, together.expected(request));
    replies.insert(reply);
  }
  EXPECT_EQ(replies.size(), 4U);
  EXPECT_EQ(together.engine->stats().n_prompt_tokens, 330 + 3 * 10) << "full blocks of the prompt are computed once";
}

TEST(Engine, AShortPromptIsNotHeldUpByALongOne) {
  Fixture fixture(small_engine(2000, 32768));
  const SequenceId document = fixture.submit(request_of(prompt_of(6000, 1), 5));
  const SequenceId chat = fixture.submit(request_of(prompt_of(10, 2), 50));
  fixture.engine->step();
  fixture.engine->step();
  const SequenceId late = fixture.submit(request_of(prompt_of(200, 3), 5));
  for (int i = 0; i < 3; ++i) {
    fixture.engine->step();
  }
  EXPECT_FALSE(fixture.sink->tokens(late).empty());
  EXPECT_GE(fixture.sink->tokens(chat).size(), 4U);
  EXPECT_TRUE(fixture.sink->events(document).empty());
  fixture.run();
}

TEST(Engine, AnErrorEndsOneSequenceOnly) {
  Fixture fixture(small_engine(100));
  SequenceRequest hopeless = request_of(prompt_of(10, 1), 5);
  for (TokenId token = 0; token < 50; ++token) {
    hopeless.sampling.logit_bias.emplace_back(token, -100.0F);
  }
  const SequenceId bad = fixture.submit(hopeless);
  const SequenceRequest request = request_of(prompt_of(10, 2), 5);
  const SequenceId good = fixture.submit(request);
  fixture.run();
  EXPECT_EQ(fixture.sink->events(bad).back().finish, FinishReason::kError);
  EXPECT_FALSE(fixture.sink->events(bad).back().error.empty());
  EXPECT_EQ(fixture.sink->tokens(good), fixture.expected(request));
  fixture.expect_all_free();
}

TEST(Engine, ItsEndEndsItsSequences) {
  Fixture fixture(small_engine(100));
  const SequenceId running = fixture.submit(request_of(prompt_of(10, 1), 500));
  fixture.engine->step();
  const SequenceId waiting = fixture.submit(request_of(prompt_of(10, 1), 500));
  fixture.engine.reset();
  EXPECT_EQ(fixture.sink->events(running).back().finish, FinishReason::kError);
  EXPECT_EQ(fixture.sink->events(waiting).back().finish, FinishReason::kError);
}

TEST(Engine, LengthDependentModelsAreRecomputedWithTheirOwnLength) {
  FakeModelOptions model_options{.windows = {0}, .original_context = 100};
  EngineOptions options = small_engine(14, 400);
  options.max_shared_positions = 100;
  Fixture fixture(options, model_options);
  std::vector<std::pair<SequenceId, SequenceRequest>> all;
  const std::vector<TokenId> base = prompt_of(180, 5);
  for (const std::size_t n : {64U, 90U, 100U, 101U, 150U, 180U, 64U, 180U}) {
    const SequenceRequest request =
        request_of(std::vector<TokenId>(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(n)), 120);
    all.emplace_back(fixture.submit(request), request);
  }
  fixture.run();
  EXPECT_GT(fixture.engine->stats().n_preemptions, 0);
  for (const auto& [id, request] : all) {
    EXPECT_EQ(fixture.sink->tokens(id), fixture.expected(request)) << request.prompt.size();
  }
}

TEST(Engine, RecurrentModelsGoOnFromKeptStates) {
  FakeModelOptions model_options{.windows = {}, .recurrent = true};
  Fixture fixture(small_engine(10), model_options);
  SequenceRequest request = request_of(prompt_of(70, 1), 20);
  const auto ask = [&] {
    const SequenceId id = fixture.submit(request);
    fixture.run();
    EXPECT_EQ(fixture.sink->tokens(id), fixture.expected(request));
    return fixture.sink->events(id).front().n_cached_tokens;
  };
  EXPECT_EQ(ask(), 0);
  EXPECT_EQ(ask(), 69) << "the same prompt: its last row is computed";
  // The next turn goes on behind the reply, whose last token was never computed.
  const std::vector<TokenId> reply = fixture.expected(request);
  request.prompt.insert(request.prompt.end(), reply.begin(), reply.end());
  request.prompt.push_back(7);
  EXPECT_EQ(ask(), 70 + 20 - 1);
  request.prompt[75] = (request.prompt[75] + 1) % 50;
  EXPECT_EQ(ask(), 69) << "another reply: from the end of the prompt";
  fixture.expect_all_free();
}

TEST(Engine, RecurrentChoicesShareTheirPrompt) {
  FakeModelOptions model_options{.windows = {}, .recurrent = true};
  Fixture fixture(small_engine(6), model_options);
  SequenceRequest request = request_of(prompt_of(100, 1), 30);
  std::vector<SequenceId> ids;
  for (request.choice_index = 0; request.choice_index < 3; ++request.choice_index) {
    ids.push_back(fixture.submit(request));
  }
  fixture.run();
  for (request.choice_index = 0; request.choice_index < 3; ++request.choice_index) {
    EXPECT_EQ(fixture.sink->tokens(ids[static_cast<std::size_t>(request.choice_index)]), fixture.expected(request));
  }
  EXPECT_EQ(fixture.engine->stats().n_prompt_tokens, 100 + 2);
}

TEST(Engine, RecurrentModelsNeedRoomForOneState) {
  FakeModelOptions model_options{.windows = {}, .recurrent = true};
  FakeModel model(model_options);
  EXPECT_FALSE(Engine::create(model, small_engine(0)));
  Fixture one(small_engine(1, 1 << 20), model_options);
  const SequenceRequest first = request_of(prompt_of(40, 1), 20);
  const SequenceRequest second = request_of(prompt_of(40, 2), 20);
  const SequenceId first_id = one.submit(first);
  const SequenceId second_id = one.submit(second);
  one.run();
  EXPECT_EQ(one.sink->tokens(first_id), one.expected(first));
  EXPECT_EQ(one.sink->tokens(second_id), one.expected(second));
  // The only state is what the last one left: the same prompt takes it over when it is of use.
  SequenceRequest longer = second;
  const std::vector<TokenId> reply = one.expected(second);
  longer.prompt.insert(longer.prompt.end(), reply.begin(), reply.end());
  const SequenceId longer_id = one.submit(longer);
  one.run();
  EXPECT_EQ(one.sink->tokens(longer_id), one.expected(longer));
  EXPECT_EQ(one.sink->events(longer_id).front().n_cached_tokens, 59);
}

TEST(Engine, MemoryIsGivenBackWhenIdle) {
  EngineOptions options = small_engine(100);
  options.prefix_cache = false;
  Fixture fixture(options);
  const SequenceRequest request = request_of(prompt_of(500, 1), 5);
  const SequenceId first = fixture.submit(request);
  fixture.run();
  fixture.engine->trim();
  const SequenceId second = fixture.submit(request);
  fixture.run();
  EXPECT_EQ(fixture.sink->tokens(first), fixture.sink->tokens(second));
}

// Random arrivals, cancellations, shared beginnings and parameters, in pools that are too small: every reply that ends
// by itself is the one computed without an engine, every other is its beginning.
class RandomTraffic : public testing::TestWithParam<int> {};

SequenceRequest random_request(std::mt19937& random, std::int64_t context_size) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  // Prompts branch off one of a few long texts.
  std::vector<TokenId> prompt = prompt_of(300, static_cast<unsigned>(below(3)));
  prompt.resize(static_cast<std::size_t>(1 + below(300)));
  for (int i = below(80); i > 0; --i) {
    prompt.push_back(static_cast<TokenId>(below(50)));
  }
  prompt.resize(std::min(prompt.size(), static_cast<std::size_t>(context_size - 1)));
  SequenceRequest request = request_of(std::move(prompt), 1 + below(120), random());
  request.sampling.temperature = below(3) == 0 ? 0.0F : 1.0F;
  request.sampling.top_k = below(2) == 0 ? 0 : 10;
  request.sampling.repeat_penalty = below(2) == 0 ? 1.0F : 1.2F;
  request.sampling.presence_penalty = below(2) == 0 ? 0.0F : 0.7F;
  request.choice_index = below(3);
  request.n_top_logprobs = below(4) - 1;
  request.prompt_logprobs = below(10) == 0;
  if (below(3) == 0) {
    request.stop_ids = {static_cast<TokenId>(below(50))};
  }
  return request;
}

TEST_P(RandomTraffic, ChangesNoToken) {
  std::mt19937 random(static_cast<unsigned>(GetParam()) + 1000);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  // No window: a recurrent model, for which the pool then holds 1 to 20 states.
  const std::vector<std::vector<std::int32_t>> layouts = {{0}, {0, 40}, {70}, {0, 33, 100}, {}};
  FakeModelOptions model_options;
  model_options.windows = layouts[static_cast<std::size_t>(GetParam()) % layouts.size()];
  model_options.recurrent = model_options.windows.empty();
  const std::int64_t n_blocks =
      model_options.recurrent ? 1 + below(20) : (14 + below(20)) * std::ssize(model_options.windows);
  EngineOptions options = small_engine(n_blocks, 400);
  options.max_sequences = 1 + below(12);
  options.max_step_rows = 1 + below(100);
  options.prefix_cache = below(5) != 0;
  cpu::ThreadPool pool(2);
  options.pool = below(2) == 0 ? nullptr : &pool;
  Fixture fixture(options, model_options);
  std::vector<std::pair<SequenceId, SequenceRequest>> all;
  std::set<SequenceId> cancelled;
  while (all.size() < 40 || fixture.engine->has_work()) {
    if (all.size() < 40 && below(6) == 0) {
      const SequenceRequest request = random_request(random, options.context_size);
      all.emplace_back(fixture.submit(request), request);
      if (below(8) == 0) {
        cancelled.insert(all[static_cast<std::size_t>(below(static_cast<int>(all.size())))].first);
        fixture.engine->cancel(*cancelled.rbegin());
      }
    }
    fixture.engine->step();
  }
  fixture.expect_all_free();
  for (const auto& [id, request] : all) {
    ASSERT_TRUE(fixture.sink->finished(id));
    const std::vector<TokenId> tokens = fixture.sink->tokens(id);
    std::vector<TokenId> expected = fixture.expected(request);
    if (cancelled.contains(id)) {
      ASSERT_LE(tokens.size(), expected.size());
      expected.resize(tokens.size());
    }
    ASSERT_EQ(tokens, expected) << "sequence " << id;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomTraffic, testing::Range(0, 50));

}  // namespace
}  // namespace hearth::engine
