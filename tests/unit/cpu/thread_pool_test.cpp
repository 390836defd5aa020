#include "cpu/thread_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

namespace hearth::cpu {
namespace {

TEST(ThreadPool, EveryWorkerRunsOnce) {
  for (const int n_threads : {1, 2, 3, 7}) {
    ThreadPool pool(n_threads);
    std::vector<int> counts(static_cast<std::size_t>(n_threads), 0);
    auto work = [&](int worker) { ++counts[static_cast<std::size_t>(worker)]; };
    for (int i = 0; i < 100; ++i) {
      pool.run(work);
    }
    EXPECT_EQ(counts, std::vector<int>(static_cast<std::size_t>(n_threads), 100));
  }
}

TEST(ThreadPool, WritesBeforeABarrierAreSeenAfterIt) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 200;
  ThreadPool pool(kThreads);
  std::vector<int> values(kThreads, 0);
  std::vector<int> mistakes(kThreads, 0);
  auto work = [&](int worker) {
    const auto me = static_cast<std::size_t>(worker);
    for (int round = 1; round <= kRounds; ++round) {
      values[me] = round;
      pool.barrier();
      for (const int value : values) {
        mistakes[me] += value == round ? 0 : 1;
      }
      pool.barrier();
    }
  };
  pool.run(work);
  EXPECT_EQ(mistakes, std::vector<int>(kThreads, 0));
}

TEST(ThreadPool, IdleWorkersSleep) {
  ThreadPool pool(2);
  auto nothing = [](int) {};
  pool.run(nothing);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 0.02);
}

}  // namespace
}  // namespace hearth::cpu
