#include "api/routes.h"

#include "handler_fixture.h"

namespace hearth::api {
namespace {

using RoutesTest = HandlerTest;

TEST_F(RoutesTest, EveryPathIsThereWithAndWithoutVersion) {
  const http::Router router(routes(*services_, true));
  for (const std::string prefix : {"/v1", ""}) {
    for (const char* path : {"/chat/completions", "/completions", "/edits", "/tokenize", "/detokenize"}) {
      EXPECT_NE(router.match("POST", prefix + path).route, nullptr) << prefix << path;
    }
    for (const char* path : {"/models", "/models/", "/models/org/name"}) {
      EXPECT_NE(router.match("GET", prefix + path).route, nullptr) << prefix << path;
    }
  }
  EXPECT_EQ(router.match("POST", "/v1/engines/tiny/completions").params.at("model"), "tiny");
  EXPECT_NE(router.match("GET", "/metrics").route, nullptr);
  EXPECT_EQ(http::Router(routes(*services_, false)).match("GET", "/metrics").route, nullptr);
}

TEST_F(RoutesTest, OnlyHealthChecksNeedNoKey) {
  for (const http::Route& route : routes(*services_, true)) {
    const bool open = route.pattern == "/healthz" || route.pattern == "/readyz" || route.pattern == "/version";
    EXPECT_EQ(route.needs_key, !open) << route.pattern;
  }
}

}  // namespace
}  // namespace hearth::api
