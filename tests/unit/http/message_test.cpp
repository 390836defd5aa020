#include "http/message.h"

#include <gtest/gtest.h>

namespace hearth::http {
namespace {

TEST(HttpRequest, FindsHeadersWithoutRegardToCase) {
  HttpRequest request;
  request.headers = {{"Content-Type", "application/json"}};
  ASSERT_NE(request.find_header("content-type"), nullptr);
  EXPECT_EQ(*request.find_header("CONTENT-TYPE"), "application/json");
  EXPECT_EQ(request.find_header("content"), nullptr);
}

TEST(HttpRequest, DecodesQueryValues) {
  HttpRequest request;
  request.query = "filter=a%2Fb+c&empty=&flag";
  EXPECT_EQ(request.query_value("filter"), "a/b c");
  EXPECT_EQ(request.query_value("empty"), "");
  EXPECT_EQ(request.query_value("flag"), "");
  EXPECT_EQ(request.query_value("absent"), std::nullopt);
}

TEST(HttpRequest, TakesTheKeyFromAnyOfItsHeaders) {
  HttpRequest request;
  EXPECT_EQ(request.api_key(), "");
  request.headers = {{"x-api-key", " k1 "}};
  EXPECT_EQ(request.api_key(), "k1");
  request.headers.push_back({"Authorization", "bearer  k2"});
  EXPECT_EQ(request.api_key(), "k2");
  request.headers = {{"Authorization", "Basic abc"}};
  EXPECT_EQ(request.api_key(), "");
}

TEST(PercentDecode, LeavesBrokenEscapesAlone) {
  EXPECT_EQ(percent_decode("a%20b%C3%A9"), "a b\xC3\xA9");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%zz%4"), "%zz%4");
}

}  // namespace
}  // namespace hearth::http
