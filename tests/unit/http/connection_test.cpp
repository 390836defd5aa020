#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <mutex>
#include <thread>

#include "http/sse.h"
#include "test_client.h"

namespace hearth::http {
namespace {

using std::chrono::milliseconds;

Route echo_route() {
  return {"POST", "/echo", [](const HttpRequest& request, const Responder& responder) {
            responder.send({.content_type = "text/plain", .body = request.method + ":" + request.body});
          }};
}

Route hello_route() {
  return {"GET", "/hello", [](const HttpRequest& request, const Responder& responder) {
            responder.send({.content_type = "text/plain", .body = "hello " + request.query_value("to").value_or("")});
          }};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Connection, AnswersSeveralRequestsOnOneConnection) {
  const auto server = start_server({echo_route(), hello_route()});
  TestClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.send(post("/echo", "body " + std::to_string(i)));
    const std::string response = client.read_response();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
    EXPECT_TRUE(response.ends_with("POST:body " + std::to_string(i))) << response;
    EXPECT_TRUE(contains(response, "\r\nx-request-id: req_")) << response;
  }
  client.send(get("/hello/?to=you", "X-Request-Id: mine\r\nX-Correlation-ID: c7\r\nConnection: close\r\n"));
  const std::string last = client.read_to_end();
  EXPECT_TRUE(contains(last, "x-request-id: mine\r\n")) << last;
  EXPECT_TRUE(contains(last, "X-Correlation-ID: c7\r\n")) << last;
  EXPECT_TRUE(last.ends_with("hello you")) << last;
}

TEST(Connection, AnswersPipelinedRequestsInOrder) {
  const auto server = start_server({echo_route()});
  TestClient client(server->port());
  client.send(post("/echo", "1") + post("/echo", "2") + post("/echo", "3"));
  for (const char* expected : {"POST:1", "POST:2", "POST:3"}) {
    EXPECT_TRUE(client.read_response().ends_with(expected));
  }
}

TEST(Connection, HeadHasNoBody) {
  const auto server = start_server({hello_route()});
  TestClient client(server->port());
  client.send("HEAD /hello?to=x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string response = client.read_to_end();
  EXPECT_TRUE(contains(response, "Content-Length: 7\r\n")) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\n")) << response;
}

TEST(Connection, RefusesWithoutReadingTheBody) {
  const auto server = start_server({echo_route()}, {.body_limit_bytes = 1000});
  struct Case {
    std::string request;
    std::string_view status;
    std::string_view header;
  };
  const Case cases[] = {
      {"POST /none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde", "404", ""},
      {"DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", "405", "Allow: POST\r\n"},
      {"OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", "204", "Allow: POST, OPTIONS\r\n"},
      {post("/echo", std::string(1001, 'x')), "413", "Connection: close\r\n"},
      {"POST /echo HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n", "403", ""},
      {"POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400", ""},
      {"not http at all\r\n\r\n", "400", ""},
      {get("/echo", "X: " + std::string(40'000, 'x') + "\r\n"), "431", ""},
  };
  for (const Case& c : cases) {
    TestClient client(server->port());
    client.send(c.request);
    const std::string response = client.read_response();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 " + std::string(c.status))) << c.request.substr(0, 80) << response;
    EXPECT_TRUE(contains(response, c.header)) << response;
    EXPECT_TRUE(contains(response, "x-request-id: ")) << response;
  }
}

TEST(Connection, TheLogNamesWhatWasTooLarge) {
  std::promise<std::string> logged;
  const auto server = start_server({echo_route()}, {.body_limit_bytes = 1000}, [&](const AccessRecord& record) {
    logged.set_value(std::string(record.method) + " " + std::string(record.path));
  });
  TestClient client(server->port());
  client.send(post("/echo", std::string(1001, 'x')));
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 413"));
  EXPECT_EQ(logged.get_future().get(), "POST /echo");
}

TEST(Connection, OpaqueErrorsHaveNoBody) {
  const auto server = start_server({hello_route()}, {.opaque_errors = true});
  TestClient client(server->port());
  client.send(get("/none", "Connection: close\r\n"));
  const std::string refused = client.read_to_end();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 404")) << refused;
  EXPECT_TRUE(refused.ends_with("\r\n\r\n")) << refused;
}

TEST(Connection, AHugeChunkedBodyIsRefusedAndTheAnswerArrives) {
  const auto server = start_server({echo_route()}, {.body_limit_bytes = 100'000});
  TestClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  for (int i = 0; i < 20; ++i) {
    client.send(chunk);
  }
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 413"));
}

TEST(Connection, ASmallChunkedBodyIsPutTogether) {
  const auto server = start_server({echo_route()});
  TestClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  std::this_thread::sleep_for(milliseconds(20));
  client.send("2\r\nde\r\n0\r\n\r\n");
  EXPECT_TRUE(client.read_response().ends_with("POST:abcde"));
}

TEST(Connection, SaysContinueToAClientThatAsks) {
  const auto server = start_server({echo_route()});
  TestClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_TRUE(client.read_response().ends_with("POST:abc"));
}

TEST(Connection, KeysGuardWhatNeedsThem) {
  Route open = hello_route();
  open.pattern = "/healthz";
  open.needs_key = false;
  const auto server = start_server({hello_route(), open}, {.api_keys = {"sk-1"}});
  TestClient client(server->port());
  client.send(get("/hello"));
  const std::string refused = client.read_response();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 401")) << refused;
  EXPECT_TRUE(contains(refused, "WWW-Authenticate: Bearer\r\n"));
  client.send(get("/hello", "Authorization: Bearer sk-1\r\n"));
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200"));
  client.send(get("/hello", "x-api-key: sk-1\r\n"));
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200"));
  client.send(get("/healthz"));
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200"));
}

TEST(Connection, AnUnansweredRequestBecomesA500) {
  const auto server = start_server({{"GET", "/lost", [](const HttpRequest&, const Responder&) {}}});
  TestClient client(server->port());
  client.send(get("/lost"));
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 500"));
}

TEST(Connection, StreamsInChunksAndKeepsTheConnection) {
  const auto server = start_server({{"GET", "/stream",
                                     [](const HttpRequest&, const Responder& responder) {
                                       responder.begin_stream({.headers = {{"Cache-Control", "no-cache"}}});
                                       responder.write(sse_data("1"));
                                       responder.write(sse_data("2"));
                                       responder.finish();
                                     }},
                                    hello_route()});
  TestClient client(server->port());
  client.send(get("/stream") + get("/hello"));
  const std::string stream = client.read_until("0\r\n\r\n");
  EXPECT_TRUE(contains(stream, "Transfer-Encoding: chunked\r\n")) << stream;
  EXPECT_TRUE(contains(stream, "Content-Type: text/event-stream\r\n")) << stream;
  EXPECT_TRUE(contains(stream, "Cache-Control: no-cache\r\n")) << stream;
  EXPECT_TRUE(contains(stream, "data: 1\n\n")) << stream;
  EXPECT_TRUE(client.read_response().ends_with("hello "));
}

TEST(Connection, AnOldClientGetsAStreamWithoutChunks) {
  const auto server = start_server({{"GET", "/stream", [](const HttpRequest&, const Responder& responder) {
                                       responder.begin_stream({});
                                       responder.write("abc");
                                       responder.finish();
                                     }}});
  TestClient client(server->port());
  client.send("GET /stream HTTP/1.0\r\n\r\n");
  const std::string response = client.read_to_end();
  EXPECT_FALSE(contains(response, "chunked")) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\nabc")) << response;
}

// Keeps what a handler was given, so that the test answers when it likes.
struct Held {
  std::promise<Responder> promise;
  Route route(const std::string& path) {
    return {"GET", path, [this](const HttpRequest&, const Responder& responder) { promise.set_value(responder); }};
  }
};

TEST(Connection, AQuietStreamIsKeptAlive) {
  Held held;
  const auto server = start_server({held.route("/stream")});
  TestClient client(server->port());
  client.send(get("/stream"));
  const Responder responder = held.promise.get_future().get();
  responder.begin_stream({.idle_bytes = sse_comment("ping"), .idle_interval = milliseconds(30)});
  EXPECT_TRUE(contains(client.read_until(": ping\n\n"), "200 OK"));
  client.read_until(": ping\n\n");
  responder.finish();
  EXPECT_TRUE(contains(client.read_until("0\r\n\r\n"), "0\r\n\r\n"));
}

TEST(Connection, TheHandlerLearnsThatThePeerWentAway) {
  for (const bool streaming : {false, true}) {
    Held held;
    std::promise<bool> logged;
    const auto server = start_server({held.route("/slow")}, {},
                                     [&](const AccessRecord& record) { logged.set_value(record.cancelled); });
    TestClient client(server->port());
    client.send(get("/slow"));
    const Responder responder = held.promise.get_future().get();
    std::promise<void> closed;
    responder.on_closed([&] { closed.set_value(); });
    if (streaming) {
      responder.begin_stream({});
      responder.write("x");
      client.read_until("\r\n\r\n");
    }
    client.close();
    ASSERT_EQ(closed.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
    EXPECT_EQ(responder.write("more"), WriteState::kClosed);
    EXPECT_TRUE(logged.get_future().get());
  }
}

TEST(Connection, ASlowReaderHoldsTheWriterBack) {
  Held held;
  const auto server = start_server({held.route("/stream")});
  TestClient client(server->port());
  client.send(get("/stream"));
  const Responder responder = held.promise.get_future().get();
  std::mutex mutex;
  std::condition_variable changed;
  bool writable = false;
  responder.on_writable([&] {
    const std::lock_guard lock(mutex);
    writable = true;
    changed.notify_all();
  });
  responder.begin_stream({});
  const std::string piece(64'000, 'x');
  std::size_t n_sent = 0;
  bool was_full = false;
  // More than what socket buffers hold: without back-pressure all of it would sit in memory.
  while (n_sent < (std::size_t{64} << 20)) {
    const WriteState state = responder.write(piece);
    ASSERT_NE(state, WriteState::kClosed);
    n_sent += piece.size();
    if (state == WriteState::kFull) {
      std::unique_lock lock(mutex);
      if (!changed.wait_for(lock, milliseconds(200), [&] { return writable; })) {
        was_full = true;
        break;
      }
      writable = false;
    }
  }
  ASSERT_TRUE(was_full) << "a client that reads nothing never held the writer back";
  responder.finish();
  EXPECT_GE(client.read_until("0\r\n\r\n").size(), n_sent);
}

TEST(Connection, SlowHeadersAndIdleConnectionsEnd) {
  const auto server =
      start_server({hello_route()}, {.header_timeout = milliseconds(80), .idle_timeout = milliseconds(160)});
  TestClient slow(server->port());
  slow.send("GET /hello HTT");
  TestClient idle(server->port());
  EXPECT_TRUE(slow.read_to_end().starts_with("HTTP/1.1 408"));
  EXPECT_EQ(idle.read_to_end(), "");
}

TEST(Connection, APeerThatReadsNothingIsDropped) {
  Held held;
  const auto server = start_server({held.route("/stream")}, {.write_timeout = milliseconds(100)});
  TestClient client(server->port());
  client.send(get("/stream"));
  const Responder responder = held.promise.get_future().get();
  std::promise<void> closed;
  responder.on_closed([&] { closed.set_value(); });
  responder.begin_stream({});
  responder.write(std::string(std::size_t{32} << 20, 'x'));
  EXPECT_EQ(closed.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

}  // namespace
}  // namespace hearth::http
