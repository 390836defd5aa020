#include "http/access.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace hearth::http {
namespace {

TEST(ApiKeys, AcceptsExactlyItsKeys) {
  const ApiKeys keys({"sk-one", "sk-two"});
  EXPECT_FALSE(keys.empty());
  EXPECT_TRUE(keys.accepts("sk-one"));
  EXPECT_TRUE(keys.accepts("sk-two"));
  EXPECT_FALSE(keys.accepts("sk-tw"));
  EXPECT_FALSE(keys.accepts("sk-two "));
  EXPECT_FALSE(keys.accepts(""));
  EXPECT_TRUE(ApiKeys({}).empty());
}

TEST(LoopbackHost, KnowsLoopbackNames) {
  for (const char* host :
       {"localhost", "LOCALHOST:8080", "app.localhost:80", "127.0.0.1", "127.3.2.1:9", "[::1]", "[::1]:8080"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "128.0.0.1",
                           "[::2]", "[::1", "[::1]x", "notlocalhost", "127.0.0", "127.0.0.999"}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

HttpRequest request_from(const std::string& origin, const std::string& method = "POST") {
  HttpRequest request;
  request.method = method;
  request.headers = {{"Origin", origin}};
  return request;
}

std::string allowed_origin(const CorsOptions& options, const HttpRequest& request) {
  const std::vector<Header> headers = cors_headers(options, request);
  const auto found = std::ranges::find(headers, "Access-Control-Allow-Origin", &Header::name);
  return found == headers.end() ? "" : found->value;
}

TEST(Cors, IsOffUnlessConfigured) {
  EXPECT_TRUE(cors_headers({}, request_from("https://a.example")).empty());
}

TEST(Cors, AnswersConfiguredOriginsOnly) {
  EXPECT_EQ(allowed_origin({.enabled = true}, request_from("https://a.example")), "*");
  const CorsOptions listed{.enabled = true, .allow_origins = {"https://a.example"}};
  EXPECT_EQ(allowed_origin(listed, request_from("https://a.example")), "https://a.example");
  EXPECT_EQ(allowed_origin(listed, request_from("https://b.example")), "");
}

TEST(Cors, PreflightNamesMethodsAndHeaders) {
  HttpRequest request = request_from("https://a.example", "OPTIONS");
  request.headers.push_back({"Access-Control-Request-Headers", "authorization,x-custom"});
  const std::vector<Header> headers = cors_headers({.enabled = true}, request);
  const auto found = std::ranges::find(headers, "Access-Control-Allow-Headers", &Header::name);
  ASSERT_NE(found, headers.end());
  EXPECT_EQ(found->value, "authorization,x-custom");
}

}  // namespace
}  // namespace hearth::http
