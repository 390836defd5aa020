#include "engine/inbox.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace hearth::engine {
namespace {

TEST(Inbox, GivesAscendingIdsAndHandsOverOnce) {
  Inbox inbox(10);
  EXPECT_TRUE(inbox.empty());
  const SequenceId first = inbox.submit(std::make_unique<Sequence>()).value();
  const SequenceId second = inbox.submit(std::make_unique<Sequence>()).value();
  EXPECT_LT(first, second);
  inbox.cancel(first);
  EXPECT_FALSE(inbox.empty());
  const Inbox::Letters letters = inbox.take();
  ASSERT_EQ(letters.submitted.size(), 2U);
  EXPECT_EQ(letters.submitted[1]->id, second);
  EXPECT_EQ(letters.cancelled, std::vector<SequenceId>{first});
  EXPECT_TRUE(inbox.empty());
}

TEST(Inbox, RefusesBeyondItsBound) {
  Inbox inbox(2);
  EXPECT_TRUE(inbox.submit(std::make_unique<Sequence>()));
  EXPECT_TRUE(inbox.submit(std::make_unique<Sequence>()));
  inbox.take();  // taken but not admitted: still queued
  EXPECT_EQ(inbox.submit(std::make_unique<Sequence>()).error().code, ErrorCode::kOverloaded);
  inbox.leave_queue();
  EXPECT_TRUE(inbox.submit(std::make_unique<Sequence>()));
}

TEST(Inbox, WakesFromAnyThread) {
  Inbox inbox(1000);
  std::atomic<int> n_wakes{0};
  inbox.set_wake([&] { ++n_wakes; });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        inbox.cancel(inbox.submit(std::make_unique<Sequence>()).value());
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(n_wakes, 400);
  EXPECT_EQ(inbox.take().submitted.size(), 200U);
}

}  // namespace
}  // namespace hearth::engine
