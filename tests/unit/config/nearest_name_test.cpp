#include "config/nearest_name.h"

#include <gtest/gtest.h>

namespace hearth::config {
namespace {

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("Name", "name"), 0);
}

TEST(NearestNames, AreNearestFirstAndNeverFar) {
  const std::vector<std::string> names = {"temperature", "top_p", "top_k", "threads"};
  EXPECT_EQ(nearest_names("temprature", names, 1), std::vector<std::string>{"temperature"});
  EXPECT_EQ(nearest_names("top_x", names, 3), (std::vector<std::string>{"top_k", "top_p"}));
  EXPECT_TRUE(nearest_names("zzz", names, 3).empty());
  EXPECT_TRUE(nearest_names(std::string(1000, 't'), names, 3).empty());
  EXPECT_TRUE(nearest_names("", names, 3).empty());
}

}  // namespace
}  // namespace hearth::config
