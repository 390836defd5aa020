#include "net/http_status.h"

#include <gtest/gtest.h>

namespace hearth::net {
namespace {

ErrorCode code_of(int status) {
  return check_http_status({.status = status}, "https://example.org/a", false).error().code;
}

TEST(HttpStatus, TellsWhatIsWorthAnotherTry) {
  EXPECT_TRUE(check_http_status({.status = 206}, "https://example.org/a", false));
  for (const int status : {408, 429, 500, 502, 503, 504}) EXPECT_EQ(code_of(status), ErrorCode::kUnavailable) << status;
  for (const int status : {404, 410}) EXPECT_EQ(code_of(status), ErrorCode::kNotFound) << status;
  for (const int status : {400, 401, 403, 407, 451, 304})
    EXPECT_EQ(code_of(status), ErrorCode::kInvalidArgument) << status;
}

TEST(HttpStatus, RetryAfterIsBounded) {
  EXPECT_EQ(retry_after({.status = 429, .headers = {{"retry-after", "7"}}}).count(), 7);
  EXPECT_EQ(retry_after({.status = 429, .headers = {{"retry-after", "86400"}}}).count(), 60);
  EXPECT_EQ(retry_after({.status = 429, .headers = {{"retry-after", "-5"}}}).count(), 0);
  EXPECT_EQ(retry_after({.status = 429, .headers = {{"retry-after", "Fri, 31 Dec"}}}).count(), 0);
  EXPECT_EQ(retry_after({.status = 429}).count(), 0);
}

}  // namespace
}  // namespace hearth::net
