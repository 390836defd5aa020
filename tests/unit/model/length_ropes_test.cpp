#include "model/length_ropes.h"

#include <gtest/gtest.h>

#include <vector>

namespace hearth::model {
namespace {

RopeSpec dynamic_spec() {
  return {.n_rotated = 8, .scaling = RopeScaling::kDynamic, .factor = 2.0, .original_context = 8};
}

RopeSpec longrope_spec() {
  return {.n_rotated = 4, .scaling = RopeScaling::kLongrope, .original_context = 8, .chosen_by_length = true};
}

TEST(LengthRopesTest, OrdinaryRopesNeedNoTables) {
  const std::vector<Rope> ropes = {Rope({.n_rotated = 8}, {}, 64)};
  EXPECT_TRUE(LengthRopes(ropes).empty());
  // A context within the original one never leaves it.
  const std::vector<Rope> dynamic = {Rope(dynamic_spec(), {}, 8)};
  EXPECT_TRUE(LengthRopes(dynamic).empty());
}

TEST(LengthRopesTest, DynamicLengthsHaveSlotsOfTheirOwn) {
  const std::vector<Rope> ropes = {Rope(dynamic_spec(), {}, 64)};
  LengthRopes lengths(ropes);
  EXPECT_EQ(lengths.original_context(), 8);
  lengths.begin_step();
  const std::int32_t small = lengths.slot(5, 4);
  EXPECT_EQ(lengths.slot(8, 7), small);
  const std::int32_t nine = lengths.slot(9, 8);
  const std::int32_t ten = lengths.slot(10, 9);
  EXPECT_NE(nine, small);
  EXPECT_NE(nine, ten);
  lengths.make_room();
  lengths.fill(0, 2);
  lengths.fill(1, 2);
  EXPECT_EQ(lengths.angles(small, 0).frequencies, ropes[0].angles_at(1).frequencies);
  EXPECT_EQ(lengths.angles(ten, 0).frequencies, ropes[0].angles_at(10).frequencies);
  for (std::int64_t position = 0; position < 10; ++position) {
    for (std::int64_t pair = 0; pair < 4; ++pair) {
      float cos = 0.0F;
      float sin = 0.0F;
      rope_angle(ropes[0].angles_at(10), pair, position, &cos, &sin);
      EXPECT_EQ(lengths.key_cos(ten, 0)[position * 4 + pair], cos);
      EXPECT_EQ(lengths.key_sin(ten, 0)[position * 4 + pair], sin);
    }
  }
}

TEST(LengthRopesTest, TablesGrowAndSlotsAreUsedAgain) {
  const std::vector<Rope> ropes = {Rope(dynamic_spec(), {}, 64)};
  LengthRopes lengths(ropes);
  std::int32_t last = 0;
  for (std::int64_t length = 9; length < 40; ++length) {
    lengths.begin_step();
    last = lengths.slot(length, length - 1);
    lengths.make_room();
    lengths.fill(0, 1);
    EXPECT_LE(last, 1) << "a length that is over leaves its slot";
    EXPECT_EQ(lengths.angles(last, 0).frequencies, ropes[0].angles_at(length).frequencies);
  }
  // A prompt in chunks: the same length, more positions.
  for (const std::int64_t position : {3, 9, 49}) {
    lengths.begin_step();
    last = lengths.slot(50, position);
    lengths.make_room();
    lengths.fill(0, 1);
  }
  float cos = 0.0F;
  float sin = 0.0F;
  rope_angle(ropes[0].angles_at(50), 3, 49, &cos, &sin);
  EXPECT_EQ(lengths.key_cos(last, 0)[49 * 4 + 3], cos);
}

TEST(LengthRopesTest, LongropeHasTwoSlots) {
  const RopeDivisors divisors{.long_set = {2.0F, 3.0F}, .short_set = {1.0F, 1.0F}};
  const std::vector<Rope> ropes = {Rope({.n_rotated = 4}, {}, 64), Rope(longrope_spec(), divisors, 64)};
  LengthRopes lengths(ropes);
  lengths.begin_step();
  const std::int32_t small = lengths.slot(8, 7);
  const std::int32_t large = lengths.slot(9, 8);
  EXPECT_EQ(lengths.slot(60, 59), large);
  lengths.make_room();
  lengths.fill(0, 1);
  EXPECT_EQ(lengths.angles(small, 1).frequencies[0], 1.0);
  EXPECT_EQ(lengths.angles(large, 1).frequencies[0], 0.5);
  EXPECT_TRUE(lengths.angles(large, 0).frequencies.empty());
}

}  // namespace
}  // namespace hearth::model
