#include "api/metrics.h"

#include "handler_fixture.h"

namespace hearth::api {
namespace {

using MetricsTest = HandlerTest;

TEST_F(MetricsTest, ShowsRequestsAndBlocksPerModel) {
  services_->n_requests = 3;
  const Answer answer = call(metrics_handler(*services_), "");
  EXPECT_NE(answer.body.find("# TYPE hearth_requests_total counter\nhearth_requests_total 3\n"), std::string::npos)
      << answer.body;
  EXPECT_NE(answer.body.find("hearth_kv_blocks{model=\"tiny\"} 9\n"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("hearth_kv_blocks_free{model=\"tiny\"} 8\n"), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace hearth::api
