#include "api/health.h"

#include <algorithm>

#include "handler_fixture.h"

namespace hearth::api {
namespace {

using HealthTest = HandlerTest;

TEST_F(HealthTest, ReadyOnlyWhenPreloadingIsDone) {
  EXPECT_EQ(call(health_handler(), "").status, 200);
  EXPECT_EQ(call(ready_handler(*services_), "").status, 503);
  services_->ready = true;
  EXPECT_EQ(call(ready_handler(*services_), "").status, 200);
}

TEST_F(HealthTest, VersionIsThreeNumbers) {
  const auto version = call(version_handler(), "").json()["version"].get<std::string>();
  EXPECT_EQ(std::count(version.begin(), version.end(), '.'), 2) << version;
}

}  // namespace
}  // namespace hearth::api
