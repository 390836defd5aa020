#include "cpu/topology.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace hearth::cpu {
namespace {

TEST(Topology, StaysWithinTheAllowedCpus) {
  EXPECT_GE(default_thread_count(), 1);
  EXPECT_LE(default_thread_count(), allowed_cpu_count());
}

TEST(Topology, FollowsTheAffinityMask) {
  std::thread([] {
    cpu_set_t all;
    ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
    int first = 0;
    while (!CPU_ISSET(first, &all)) {
      ++first;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    EXPECT_EQ(allowed_cpu_count(), 1);
    EXPECT_EQ(default_thread_count(), 1);
  }).join();
}

}  // namespace
}  // namespace hearth::cpu
