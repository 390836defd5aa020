#include "http/router.h"

#include <gtest/gtest.h>

namespace hearth::http {
namespace {

Router make_router() {
  const Handler nothing = [](const HttpRequest&, const Responder&) {};
  return Router({{"GET", "/v1/models", nothing},
                 {"GET", "/v1/models/{id*}", nothing},
                 {"DELETE", "/v1/models/{id*}", nothing},
                 {"POST", "/v1/engines/{model}/completions", nothing},
                 {"GET", "/", nothing}});
}

TEST(Router, MatchesLiteralPathsWithOrWithoutATrailingSlash) {
  const Router router = make_router();
  for (const char* path : {"/v1/models", "/v1/models/"}) {
    const Router::Match match = router.match("GET", path);
    ASSERT_NE(match.route, nullptr) << path;
    EXPECT_EQ(match.route->pattern, "/v1/models");
  }
  ASSERT_NE(router.match("GET", "/").route, nullptr);
  EXPECT_EQ(router.match("GET", "/v1").route, nullptr);
  EXPECT_EQ(router.match("GET", "").route == nullptr, false);
}

TEST(Router, ParametersAreDecoded) {
  const Router router = make_router();
  Router::Match match = router.match("GET", "/v1/models/org/name%3Aq4");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.params.at("id"), "org/name:q4");
  match = router.match("POST", "/v1/engines/my%20model/completions");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.params.at("model"), "my model");
  EXPECT_EQ(router.match("POST", "/v1/engines//completions").route, nullptr);
  EXPECT_EQ(router.match("POST", "/v1/engines/a/b/completions").route, nullptr);
}

TEST(Router, HeadIsServedByGet) {
  const Router router = make_router();
  ASSERT_NE(router.match("HEAD", "/v1/models").route, nullptr);
  EXPECT_EQ(router.match("HEAD", "/v1/engines/a/completions").route, nullptr);
}

TEST(Router, AKnownPathNamesItsMethods) {
  const Router router = make_router();
  const Router::Match match = router.match("PUT", "/v1/models/x");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allow, "GET, HEAD, DELETE");
  EXPECT_EQ(router.match("GET", "/nothing").allow, "");
}

}  // namespace
}  // namespace hearth::http
