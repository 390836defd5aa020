#include <gtest/gtest.h>

#include <set>
#include <string>

#include "config/server_settings.h"

namespace hearth::config {
namespace {

TEST(ServerSettingsTable, NamesAreUniqueAndUsedRowsAreExplained) {
  std::set<std::string> names;
  for (const Setting& row : server_settings()) {
    EXPECT_TRUE(names.insert(std::string(row.flag)).second) << row.flag;
    EXPECT_TRUE(row.other.empty() || names.insert(std::string(row.other)).second) << row.other;
    EXPECT_TRUE(std::holds_alternative<std::monostate>(row.target) || !row.meaning.empty()) << row.flag;
  }
}

}  // namespace
}  // namespace hearth::config
