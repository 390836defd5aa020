#include "base/version.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace hearth::base {
namespace {

TEST(Version, IsThreeNumbersAndPartOfTheBuildIdentity) {
  const std::string text(version());
  EXPECT_TRUE(std::regex_match(text, std::regex(R"(\d+\.\d+\.\d+)"))) << text;
  EXPECT_TRUE(build_identity().starts_with(text));
  EXPECT_GT(build_identity().size(), text.size() + 1);
}

}  // namespace
}  // namespace hearth::base
