#include "http/response_head.h"

#include <gtest/gtest.h>

namespace hearth::http {
namespace {

TEST(ResponseHead, FormatsLengthOrChunks) {
  const std::string whole =
      format_head({.status = 404, .content_type = "text/plain", .headers = {{"A", "b"}}, .length = 5});
  EXPECT_TRUE(whole.starts_with("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_NE(whole.find("\r\nContent-Type: text/plain\r\n"), std::string::npos);
  EXPECT_NE(whole.find("\r\nA: b\r\n"), std::string::npos);
  EXPECT_NE(whole.find("\r\nContent-Length: 5\r\n"), std::string::npos);
  EXPECT_NE(whole.find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  EXPECT_TRUE(whole.ends_with("\r\n\r\n"));
  const std::string stream = format_head({.chunked = true, .keep_alive = false});
  EXPECT_NE(stream.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_NE(stream.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(stream.find("Content-Length"), std::string::npos);
}

TEST(ResponseHead, AValueCannotAddHeaders) {
  const std::string head = format_head({.headers = {{"X-Model-Used", "a\r\nSet-Cookie: b"}}, .length = 0});
  EXPECT_NE(head.find("X-Model-Used: aSet-Cookie: b\r\n"), std::string::npos);
}

TEST(ResponseHead, ChunksCarryTheirLengthInHex) {
  EXPECT_EQ(format_chunk(std::string(26, 'x')).substr(0, 4), "1a\r\n");
}

TEST(SplitTarget, TakesBothForms) {
  HttpRequest request;
  ASSERT_TRUE(split_target("/v1/models/?a=b", request));
  EXPECT_EQ(request.path, "/v1/models");
  EXPECT_EQ(request.query, "a=b");
  ASSERT_TRUE(split_target("http://localhost:1/x", request));
  EXPECT_EQ(request.path, "/x");
  EXPECT_EQ(request.query, "");
  ASSERT_TRUE(split_target("http://localhost", request));
  EXPECT_EQ(request.path, "/");
  EXPECT_FALSE(split_target("*", request));
}

TEST(RequestId, KeepsAPlainWordOnly) {
  const std::string plain = "abc-1.2_X";
  EXPECT_EQ(choose_request_id(&plain), plain);
  for (const std::string& bad : {std::string("a b"), std::string(65, 'x'), std::string("a\r\nb"), std::string()}) {
    const std::string id = choose_request_id(&bad);
    EXPECT_TRUE(id.starts_with("req_")) << id;
    EXPECT_EQ(id.size(), 28U);
  }
  EXPECT_NE(choose_request_id(nullptr), choose_request_id(nullptr));
}

}  // namespace
}  // namespace hearth::http
