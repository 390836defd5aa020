#include <gtest/gtest.h>

#include <set>
#include <string>

#include "config/model_config.h"

namespace hearth::config {
namespace {

const void* member_of(const ConfigKey& key, ModelConfig& config) {
  return std::visit(
      [&](auto target) -> const void* {
        if constexpr (std::is_same_v<decltype(target), std::monostate>) {
          return nullptr;
        } else {
          return target(config);
        }
      },
      key.target);
}

// Two rows of one path or of one member would make one of them silently lose.
TEST(ModelConfigKeys, PathsAndMembersAreUnique) {
  ModelConfig config;
  std::set<std::string> paths;
  std::set<const void*> members;
  for (const ConfigKey& key : model_config_keys()) {
    EXPECT_TRUE(paths.insert(std::string(key.path)).second) << key.path;
    const void* member = member_of(key, config);
    if (member != nullptr) {
      EXPECT_TRUE(members.insert(member).second) << key.path;
    }
  }
}

TEST(ModelConfigKeys, EveryRowIsReachedByItsPath) {
  for (const ConfigKey& key : model_config_keys()) {
    std::string yaml(key.path);
    const auto dot = yaml.find('.');
    yaml = dot == std::string::npos ? yaml + ": ~" : yaml.substr(0, dot) + ": {" + yaml.substr(dot + 1) + ": ~}";
    const auto configs = parse_model_configs(yaml, "m.yaml");
    ASSERT_TRUE(configs) << configs.error().message;
    EXPECT_TRUE(configs->at(0).warnings.empty()) << key.path;
    EXPECT_EQ(configs->at(0).unused_keys.size(), std::holds_alternative<std::monostate>(key.target) ? 1u : 0u)
        << key.path;
  }
}

}  // namespace
}  // namespace hearth::config
