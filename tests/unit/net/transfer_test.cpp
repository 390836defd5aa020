#include "net/transfer.h"

#include <gtest/gtest.h>

#include "net/local_server.h"
#include "net/test_folder.h"

namespace hearth::net {
namespace {

using std::chrono::milliseconds;

struct Received {
  std::string body;
  int n_heads = 0;
  TransferReceiver receiver{.on_head =
                                [this](const ResponseHead&) {
                                  ++n_heads;
                                  return Status{};
                                },
                            .on_body =
                                [this](std::span<const std::byte> bytes) {
                                  body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                                  return Status{};
                                }};
};

TEST(Transfer, GivesHeadAndBody) {
  const LocalServer server([](const ServedRequest&) {
    return ServedAnswer{.headers = {{"X-Linked-Size", "12"}, {"ETag", "\"one\""}}, .body = "hello"};
  });
  Received received;
  const auto head = transfer({.url = server.url("/a")}, received.receiver);
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("x-linked-size"), "12");
  EXPECT_EQ(head->content_length(), 5u);
  EXPECT_EQ(received.body, "hello");
  EXPECT_EQ(received.n_heads, 1);
}

TEST(Transfer, AnEmptyBodyStillShowsItsHead) {
  const LocalServer server([](const ServedRequest&) { return ServedAnswer{}; });
  Received received;
  ASSERT_TRUE(transfer({.url = server.url("/a")}, received.receiver));
  EXPECT_EQ(received.n_heads, 1);
}

TEST(Transfer, AnErrorPageIsNotGivenToTheReceiver) {
  const LocalServer server([](const ServedRequest&) { return ServedAnswer{.status = 404, .body = "not here"}; });
  Received received;
  const auto head = transfer({.url = server.url("/a")}, received.receiver);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 404);
  EXPECT_EQ(received.body, "");
  EXPECT_EQ(received.n_heads, 0);
}

TEST(Transfer, SendsRangeAndIfRange) {
  const LocalServer server(
      [](const ServedRequest& request) { return serve_content(request, "0123456789", "\"one\""); });
  Received received;
  const auto head = transfer({.url = server.url("/a"), .range_from = 4, .if_range = "\"one\""}, received.receiver);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 206);
  EXPECT_EQ(head->content_range()->first, 4u);
  EXPECT_EQ(head->content_range()->total, 10u);
  EXPECT_EQ(received.body, "456789");
}

TEST(Transfer, ACutBodyIsUnavailable) {
  const LocalServer server(
      [](const ServedRequest&) { return ServedAnswer{.body = test_content(100'000), .cut_after = 50'000}; });
  Received received;
  const auto head = transfer({.url = server.url("/a")}, received.receiver);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kUnavailable);
  EXPECT_GT(received.body.size(), 0u);
  EXPECT_LE(received.body.size(), 50'000u);
}

TEST(Transfer, NobodyListeningIsUnavailable) {
  int port = 0;
  {
    const LocalServer server([](const ServedRequest&) { return ServedAnswer{}; });
    port = server.port();
  }
  const auto head = transfer({.url = "http://127.0.0.1:" + std::to_string(port) + "/a"}, {});
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kUnavailable);
}

TEST(Transfer, ASlowHeadAndAStalledBodyEnd) {
  TransferLimits limits{.header_timeout = milliseconds(300), .stall_timeout = milliseconds(300)};
  const LocalServer late([](const ServedRequest&) { return ServedAnswer{.head_delay = milliseconds(1500)}; });
  const auto slow = transfer({.url = late.url("/a"), .limits = limits}, {});
  ASSERT_FALSE(slow);
  EXPECT_NE(slow.error().message.find("no answer"), std::string::npos) << slow.error().message;
  const LocalServer silent(
      [](const ServedRequest&) { return ServedAnswer{.body = test_content(9000), .stall_after = 5000}; });
  Received received;
  const auto stalled = transfer({.url = silent.url("/a"), .limits = limits}, received.receiver);
  ASSERT_FALSE(stalled);
  EXPECT_EQ(stalled.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(stalled.error().message.find("stalled"), std::string::npos) << stalled.error().message;
  EXPECT_EQ(received.body.size(), 5000u);
}

TEST(Transfer, CancelEndsAStalledTransferAtOnce) {
  const LocalServer silent(
      [](const ServedRequest&) { return ServedAnswer{.body = test_content(9000), .stall_after = 5000}; });
  std::atomic<bool> cancel = false;
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(200));
    cancel = true;
  });
  const auto started = std::chrono::steady_clock::now();
  const auto head = transfer({.url = silent.url("/a"), .cancel = &cancel}, {});
  later.join();
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(2));
}

TEST(Transfer, TheTokenGoesToTheFirstServerOnly) {
  const LocalServer storage([](const ServedRequest&) { return ServedAnswer{.body = "data"}; });
  const LocalServer hub([&](const ServedRequest&) {
    return ServedAnswer{.status = 302, .headers = {{"Location", storage.url("/blob")}}};
  });
  Received received;
  const auto head = transfer({.url = hub.url("/a"), .bearer_token = "secret-token"}, received.receiver);
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(received.body, "data");
  ASSERT_EQ(hub.requests().size(), 1u);
  EXPECT_EQ(hub.requests()[0].header("authorization"), "Bearer secret-token");
  ASSERT_EQ(storage.requests().size(), 1u);
  EXPECT_EQ(storage.requests()[0].header("authorization"), "");
}

TEST(Transfer, RedirectsEndAndNeverReachLocalFiles) {
  LocalServer* self = nullptr;
  const TestFolder folder;
  write_text(folder / "private", "private");
  LocalServer server([&](const ServedRequest& request) {
    const std::string where = request.path == "/loop" ? self->url("/loop") : "file://" + (folder / "private").string();
    return ServedAnswer{.status = 302, .headers = {{"Location", where}}};
  });
  self = &server;
  const auto loop = transfer({.url = server.url("/loop"), .limits = {.max_redirects = 3}}, {});
  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(server.requests().size(), 4u);
  Received received;
  const auto local = transfer({.url = server.url("/file")}, received.receiver);
  ASSERT_FALSE(local);
  EXPECT_EQ(local.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(received.body, "");
}

TEST(Transfer, ReadsAFileAddress) {
  const TestFolder folder;
  write_text(folder / "a", "content");
  Received received;
  const auto head = transfer({.url = "file://" + (folder / "a").string()}, received.receiver);
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(received.body, "content");
  const auto missing = transfer({.url = "file://" + (folder / "b").string()}, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

TEST(Transfer, WhatTheReceiverRefusesEndsIt) {
  const LocalServer server([](const ServedRequest&) { return ServedAnswer{.body = "hello"}; });
  const TransferReceiver receiver{.on_head = [](const ResponseHead&) { return fail(ErrorCode::kCorruptFile, "no"); }};
  const auto head = transfer({.url = server.url("/a")}, receiver);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kCorruptFile);
}

}  // namespace
}  // namespace hearth::net
