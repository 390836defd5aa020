#include "engine/engine_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <thread>
#include <vector>

#include "engine/fake_model.h"
#include "engine/real_model.h"

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
  EXPECT_TRUE(wait_until([&] { return !engine->has_work(); }));
}

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t n_total = 0;
  std::int64_t n_resident = 0;
  statm >> n_total >> n_resident;
  return n_resident * 4096;
}

TEST(EngineThread, AbortedStreamsLeaveMemoryFlat) {
  EngineThread thread(2);
  RealModel real({.fixture = "gguf-gemma2-gguf", .level = cpu::available_levels().back()}, &thread.pool());
  EngineOptions options;
  options.context_size = kRealContext;
  options.kv_cache_bytes = std::int64_t{4} << 20;
  options.kv_type = real.kv_type;
  options.pool = &thread.pool();
  std::shared_ptr<Engine> engine = Engine::create(*real.model, options).value();
  thread.add(engine);
  const auto abort_streams = [&](unsigned n, unsigned first_seed) {
    for (unsigned i = 0; i < n; ++i) {
      const auto sink = std::make_shared<CollectingSink>();
      SequenceRequest request;
      request.prompt = random_prompt(real, 30 + 37 * (i % 9), first_seed + i);
      request.max_new_tokens = 300;
      const SequenceId id = engine->submit(request, sink).value();
      if (i % 3 != 0) {
        ASSERT_TRUE(wait_until([&] { return std::ssize(sink->events(id)) >= (i % 3 == 1 ? 1 : 5); }));
      }
      engine->cancel(id);
      ASSERT_TRUE(wait_until([&] { return sink->finished(id); }));
    }
  };
  abort_streams(150, 0);  // fills the prefix cache and every buffer that is kept
  const std::int64_t before = resident_bytes();
  abort_streams(200, 1000);
  EXPECT_TRUE(wait_until([&] { return engine->stats().n_free_blocks == engine->stats().n_blocks; }));
  if (!kSanitized) {  // sanitizers keep freed memory
    EXPECT_LT(resident_bytes() - before, std::int64_t{1} << 20);
  }
  EXPECT_TRUE(wait_until([&] { return !engine->has_work(); }));
  thread.remove(engine.get());
}

}  // namespace
}  // namespace hearth::engine
