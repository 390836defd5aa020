#include "base/task_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace hearth::base {
namespace {

TEST(TaskPool, RunsEveryTaskBeforeItEnds) {
  std::atomic<int> n_run = 0;
  {
    TaskPool pool(3, 1000);
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(pool.post([&] { ++n_run; }));
    }
  }
  EXPECT_EQ(n_run, 500);
}

TEST(TaskPool, RefusesATaskWhenTheQueueIsFull) {
  std::latch started(1);
  std::latch release(1);
  std::atomic<int> n_run = 0;
  {
    TaskPool pool(1, 2);
    ASSERT_TRUE(pool.post([&] {
      started.count_down();
      release.wait();
    }));
    started.wait();
    EXPECT_TRUE(pool.post([&] { ++n_run; }));
    EXPECT_TRUE(pool.post([&] { ++n_run; }));
    EXPECT_FALSE(pool.post([&] { ++n_run; }));
    release.count_down();
  }
  EXPECT_EQ(n_run, 2);
}

}  // namespace
}  // namespace hearth::base
