#include "engine/philox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace hearth::engine {
namespace {

// Known answers of the authors' own test vectors for philox4x32-10.
TEST(Philox, GivesTheKnownAnswers) {
  const auto zero = philox4x32({0, 0, 0, 0}, {0, 0});
  EXPECT_EQ(zero, (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, EveryPartOfTheKeyMatters) {
  std::set<double> values;
  values.insert(uniform({1, 2, 3, 4}));
  values.insert(uniform({2, 2, 3, 4}));
  values.insert(uniform({1 + (1ULL << 40), 2, 3, 4}));
  values.insert(uniform({1, 3, 3, 4}));
  values.insert(uniform({1, 2, 4, 4}));
  values.insert(uniform({1, 2, 3 + (1ULL << 40), 4}));
  values.insert(uniform({1, 2, 3, 5}));
  EXPECT_EQ(values.size(), 7U);
  EXPECT_EQ(uniform({1, 2, 3, 4}), uniform({1, 2, 3, 4}));
}

TEST(Philox, IsUniformOverPositions) {
  constexpr int kDraws = 40000;
  double sum = 0;
  double sum_squares = 0;
  for (std::uint64_t position = 0; position < kDraws; ++position) {
    const double value = uniform({42, 0, position, 0});
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
    sum_squares += value * value;
  }
  // Standard errors: 0.0014 and 0.0015.
  EXPECT_NEAR(sum / kDraws, 0.5, 0.006);
  EXPECT_NEAR(sum_squares / kDraws, 1.0 / 3, 0.006);
}

}  // namespace
}  // namespace hearth::engine
