#include "api/error_body.h"

#include <gtest/gtest.h>

namespace hearth::api {
namespace {

TEST(ErrorBody, TheServersOwnFailuresHaveOpenAisForm) {
  for (int i = 0; i <= static_cast<int>(http::Failure::kInternal); ++i) {
    const auto failure = static_cast<http::Failure>(i);
    const http::HttpResponse response = failure_body("/v1/x", failure, "");
    if (failure != http::Failure::kBusy) {
      EXPECT_EQ(response.status, http::status_of(failure));
    }
    const Json error = Json::parse(response.body)["error"];
    for (const char* key : {"message", "type", "param", "code"}) {
      EXPECT_TRUE(error.contains(key)) << key;
    }
  }
  EXPECT_EQ(Json::parse(failure_body("/", http::Failure::kUnauthorized, "").body)["error"]["code"], "invalid_api_key");
  EXPECT_NE(failure_body("/v1/nope", http::Failure::kNotFound, "").body.find("/v1/nope"), std::string::npos);
}

TEST(ErrorBody, TryAgainErrorsSayWhen) {
  const http::HttpResponse response = error_response({ErrorKind::kModelLoading, "m"});
  EXPECT_EQ(response.status, 503);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].name, "Retry-After");
}

}  // namespace
}  // namespace hearth::api
