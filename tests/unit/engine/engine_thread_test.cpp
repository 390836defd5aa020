#include "engine/engine_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include "engine/fake_model.h"

namespace hearth::engine {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<Engine> make_engine(FakeModel& model) {
  EngineOptions options;
  options.context_size = 512;
  options.kv_cache_bytes = 100 * kFakeBlockBytes;
  options.cache_identity = "fake";
  return Engine::create(model, options).value();
}

SequenceRequest request_of(TokenId first, std::int64_t n_new) {
  SequenceRequest request;
  request.prompt.assign(40, first);
  request.max_new_tokens = n_new;
  return request;
}

template <typename Condition>
bool wait_until(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

TEST(EngineThread, StepsSeveralEngines) {
  FakeModel first_model({});
  FakeModel second_model({.windows = {0, 40}});
  const auto sink = std::make_shared<CollectingSink>();
  const auto other_sink = std::make_shared<CollectingSink>();
  EngineThread thread(2);
  const std::shared_ptr<Engine> first = make_engine(first_model);
  const std::shared_ptr<Engine> second = make_engine(second_model);
  thread.add(first);
  thread.add(second);
  std::vector<std::thread> clients;
  for (TokenId client = 0; client < 4; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(first->submit(request_of(client, 20), sink));
        ASSERT_TRUE(second->submit(request_of(client, 20), other_sink));
      }
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  EXPECT_TRUE(wait_until([&] { return sink->n_finished() == 40 && other_sink->n_finished() == 40; }));
  EXPECT_EQ(sink->tokens(1).size(), 20U);
}

TEST(EngineThread, WakesForASubmitAndForACancel) {
  FakeModel model({});
  const auto sink = std::make_shared<CollectingSink>();
  EngineThread thread(1);
  const std::shared_ptr<Engine> engine = make_engine(model);
  thread.add(engine);
  std::this_thread::sleep_for(50ms);
  const SequenceId id = engine->submit(request_of(1, 400), sink).value();
  ASSERT_TRUE(wait_until([&] { return !sink->events(id).empty(); }));
  engine->cancel(id);
  ASSERT_TRUE(wait_until([&] { return sink->finished(id); }));
  EXPECT_TRUE(wait_until([&] { return engine->stats().n_free_blocks == engine->stats().n_blocks; }));
}

TEST(EngineThread, RemovedEnginesEndTheirSequences) {
  FakeModel model({});
  const auto sink = std::make_shared<CollectingSink>();
  EngineThread thread(1);
  std::shared_ptr<Engine> engine = make_engine(model);
  thread.add(engine);
  const SequenceId id = engine->submit(request_of(1, 400), sink).value();
  thread.remove(engine.get());
  EXPECT_EQ(engine.use_count(), 1);
  engine.reset();
  EXPECT_TRUE(sink->finished(id));
}

TEST(EngineThread, RunsJobsBetweenSteps) {
  FakeModel model({});
  const auto sink = std::make_shared<CollectingSink>();
  EngineThread thread(2);
  const std::shared_ptr<Engine> engine = make_engine(model);
  thread.add(engine);
  const SequenceId id = engine->submit(request_of(1, 400), sink).value();
  // A load in slices: the running reply goes on meanwhile.
  std::int64_t n_slices = 0;
  std::int64_t n_first = -1;
  thread.run_sliced([&] {
    std::atomic<int> n_workers{0};
    auto work = [&](int) { ++n_workers; };
    thread.pool().run(work);
    EXPECT_EQ(n_workers, 2);
    if (n_first < 0) {
      n_first = std::ssize(sink->tokens(id));
    }
    return ++n_slices < 50;
  });
  EXPECT_EQ(n_slices, 50);
  EXPECT_TRUE(std::ssize(sink->tokens(id)) >= n_first + 49 || sink->finished(id));
  bool nested = false;
  thread.run([&] { thread.run([&] { nested = true; }); });
  EXPECT_TRUE(nested);
}

TEST(EngineThread, IdleUsesNoCpu) {
  FakeModel model({});
  EngineThread thread(2);
  thread.add(make_engine(model));
  std::this_thread::sleep_for(100ms);
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(3s);  // past the moment when memory is given back
  const double cpu_seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  EXPECT_LT(cpu_seconds, 0.02);
}

TEST(EngineThread, TwoHundredAbortedStreamsLeaveThePoolFree) {
  FakeModel model({.windows = {0, 40}});
  const auto sink = std::make_shared<CollectingSink>();
  EngineThread thread(2);
  const std::shared_ptr<Engine> engine = make_engine(model);
  thread.add(engine);
  for (int i = 0; i < 200; ++i) {
    const SequenceId id = engine->submit(request_of(i % 50, 400), sink).value();
    if (i % 3 != 0) {
      ASSERT_TRUE(wait_until([&] { return !sink->events(id).empty(); }));
    }
    engine->cancel(id);
  }
  ASSERT_TRUE(wait_until([&] { return sink->n_finished() == 200; }));
  EXPECT_TRUE(wait_until([&] { return engine->stats().n_free_blocks == engine->stats().n_blocks; }));
  EXPECT_FALSE(engine->has_work());
}

}  // namespace
}  // namespace hearth::engine
