#include "net/hub_headers.h"

#include <gtest/gtest.h>

#include "net/local_server.h"

namespace hearth::net {
namespace {

const std::string kSha256(64, 'a');
const TransferLimits kQuick{.backoff = std::chrono::milliseconds(5)};

TEST(HubReference, IsParsed) {
  for (const char* text : {"hf://owner/repo/folder/model.gguf@v1", "huggingface://owner/repo/folder/model.gguf@v1",
                           "hf.co/owner/repo/folder/model.gguf@v1"}) {
    const auto reference = parse_hub_reference(text);
    ASSERT_TRUE(reference) << text;
    EXPECT_EQ(reference->repository, "owner/repo");
    EXPECT_EQ(reference->path, "folder/model.gguf");
    EXPECT_EQ(reference->revision, "v1");
  }
  EXPECT_EQ(parse_hub_reference("hf://owner/repo/a b.gguf")->revision, "main");
  EXPECT_EQ(parse_hub_reference("hf://owner/repo")->path, "");
  for (const char* text : {"hf://owner", "hf:///repo/a", "owner/repo/a", "hf://owner//a", "hf://o/r/a@", ""}) {
    EXPECT_FALSE(parse_hub_reference(text)) << text;
  }
}

TEST(HubReference, BecomesAnAddress) {
  const Hub hub{.endpoint = "https://hub.example"};
  EXPECT_EQ(resolve_url(hub, *parse_hub_reference("hf://owner/repo/a b.gguf@feature/x")),
            "https://hub.example/owner/repo/resolve/feature/x/a%20b.gguf");
}

TEST(Hub, ComesFromTheEnvironment) {
  ::setenv("HF_ENDPOINT", "http://127.0.0.1:1/", 1);
  ::setenv("HF_TOKEN", "secret", 1);
  const Hub hub = Hub::from_environment();
  ::unsetenv("HF_ENDPOINT");
  ::unsetenv("HF_TOKEN");
  EXPECT_EQ(hub.endpoint, "http://127.0.0.1:1");
  EXPECT_EQ(hub.token, "secret");
  EXPECT_TRUE(Hub::from_environment().endpoint.starts_with("https://"));
}

TEST(HubProbe, ReadsSizeAndHashFromTheRedirectWithoutFollowingIt) {
  const LocalServer storage([](const ServedRequest&) { return ServedAnswer{}; });
  const LocalServer hub([&](const ServedRequest&) {
    return ServedAnswer{.status = 302,
                        .headers = {{"Location", storage.url("/blob")},
                                    {"X-Linked-Size", "98362432"},
                                    {"X-Linked-ETag", "\"" + kSha256 + "\""}}};
  });
  const auto file = probe_hub_file({hub.url(""), "secret"}, *parse_hub_reference("hf://owner/repo/model.gguf"), kQuick);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->size_bytes, 98362432u);
  EXPECT_EQ(file->sha256, kSha256);
  ASSERT_EQ(hub.requests().size(), 1u);
  EXPECT_EQ(hub.requests()[0].method, "HEAD");
  EXPECT_EQ(hub.requests()[0].path, "/owner/repo/resolve/main/model.gguf");
  EXPECT_EQ(hub.requests()[0].header("authorization"), "Bearer secret");
  EXPECT_TRUE(storage.requests().empty());
}

TEST(HubProbe, FollowsARenamedRepositoryWithinTheHub) {
  const LocalServer hub([&](const ServedRequest& request) {
    if (request.path.starts_with("/old/")) {
      return ServedAnswer{.status = 307, .headers = {{"Location", "/new/repo/resolve/main/model.gguf"}}};
    }
    return ServedAnswer{.headers = {{"X-Linked-Size", "5"}, {"X-Linked-ETag", kSha256}}};
  });
  const auto file = probe_hub_file({hub.url(""), ""}, *parse_hub_reference("hf://old/repo/model.gguf"), kQuick);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->size_bytes, 5u);
}

TEST(HubProbe, ASmallFileHasNoHash) {
  const LocalServer hub([&](const ServedRequest&) {
    return ServedAnswer{.headers = {{"ETag", "\"0123456789012345678901234567890123456789\""}}, .body = "seven b"};
  });
  const auto file = probe_hub_file({hub.url(""), ""}, *parse_hub_reference("hf://owner/repo/config.json"), kQuick);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->sha256, "");
  EXPECT_EQ(file->size_bytes, 7u);
}

TEST(HubProbe, SaysWhatToDoWhenRefused) {
  std::atomic<int> status = 401;
  const LocalServer hub([&](const ServedRequest&) { return ServedAnswer{.status = status}; });
  const auto reference = *parse_hub_reference("hf://owner/repo/model.gguf");
  const auto anonymous = probe_hub_file({hub.url(""), ""}, reference, kQuick);
  ASSERT_FALSE(anonymous);
  EXPECT_NE(anonymous.error().message.find("HF_TOKEN"), std::string::npos) << anonymous.error().message;
  const auto with_token = probe_hub_file({hub.url(""), "very-secret"}, reference, kQuick);
  ASSERT_FALSE(with_token);
  EXPECT_EQ(with_token.error().message.find("very-secret"), std::string::npos);
  status = 404;
  EXPECT_EQ(probe_hub_file({hub.url(""), ""}, reference, kQuick).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(hub.requests().size(), 3u);
  status = 502;
  EXPECT_EQ(probe_hub_file({hub.url(""), ""}, reference, kQuick).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(hub.requests().size(), 6u);
}

}  // namespace
}  // namespace hearth::net
