#include "http/server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <future>
#include <thread>

#include "test_client.h"

namespace hearth::http {
namespace {

using std::chrono::milliseconds;

Route hello_route() {
  return {"GET", "/hello", [](const HttpRequest&, const Responder& responder) { responder.send({.body = "hello"}); }};
}

TEST(Server, SaysWhenThePortIsTaken) {
  const auto first = start_server({hello_route()});
  const auto second = Server::start(
      {.port = first->port()}, {}, [](std::string_view, Failure, std::string_view) { return HttpResponse{}; },
      [](const AccessRecord&) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find(std::to_string(first->port())), std::string::npos) << second.error().message;
  EXPECT_NE(second.error().message.find("--address"), std::string::npos) << second.error().message;
}

TEST(Server, RefusesAnAddressThatIsNone) {
  const auto server = Server::start(
      {.host = "no such host", .port = 0}, {},
      [](std::string_view, Failure, std::string_view) { return HttpResponse{}; }, [](const AccessRecord&) {});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kInvalidArgument);
}

TEST(Server, DrainLetsRunningRequestsFinish) {
  std::promise<Responder> promise;
  const auto server = start_server(
      {hello_route(),
       {"GET", "/slow", [&](const HttpRequest&, const Responder& responder) { promise.set_value(responder); }}});
  TestClient idle(server->port());
  idle.send(get("/hello"));
  idle.read_response();
  TestClient busy(server->port());
  busy.send(get("/slow"));
  const Responder responder = promise.get_future().get();
  std::thread answer([&responder] {
    std::this_thread::sleep_for(milliseconds(100));
    responder.send({.body = "late"});
  });
  const int port = server->port();
  server->drain(std::chrono::seconds(10));
  answer.join();
  EXPECT_EQ(idle.read_to_end(), "") << "an idle connection ends at once";
  EXPECT_TRUE(busy.read_to_end().ends_with("late"));
  EXPECT_FALSE(TestClient(port).connected());
}

TEST(Server, DrainCancelsWhatTakesTooLong) {
  std::promise<Responder> promise;
  const auto server = start_server(
      {{"GET", "/slow", [&](const HttpRequest&, const Responder& responder) { promise.set_value(responder); }}});
  TestClient busy(server->port());
  busy.send(get("/slow"));
  const Responder responder = promise.get_future().get();
  std::promise<void> closed;
  responder.on_closed([&] { closed.set_value(); });
  server->drain(milliseconds(50));
  EXPECT_EQ(closed.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(busy.read_to_end(), "");
}

TEST(Server, TurnsAwayConnectionsBeyondItsLimit) {
  const auto server = start_server({hello_route()}, {.max_connections = 2});
  TestClient first(server->port());
  TestClient second(server->port());
  for (TestClient* client : {&first, &second}) {
    client->send(get("/hello"));
    EXPECT_TRUE(client->read_response().ends_with("hello"));
  }
  TestClient third(server->port());
  EXPECT_TRUE(third.read_to_end().starts_with("HTTP/1.1 503"));
  first.close();
  for (int i = 0; i < 100 && server->n_connections() > 1; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  TestClient fourth(server->port());
  fourth.send(get("/hello"));
  EXPECT_TRUE(fourth.read_response().ends_with("hello"));
}

TEST(Server, WaitingRequestsAreBounded) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::promise<void> started;
  const auto server = start_server({{"GET", "/block",
                                     [&](const HttpRequest&, const Responder& responder) {
                                       started.set_value();
                                       released.wait();
                                       responder.send({.body = "done"});
                                     }},
                                    hello_route()},
                                   {.max_waiting_requests = 1, .n_handler_threads = 1});
  TestClient blocked(server->port());
  blocked.send(get("/block"));
  started.get_future().wait();
  TestClient waiting(server->port());
  waiting.send(get("/hello"));
  std::string refused;
  TestClient late(server->port());
  // The waiting request reaches the queue at a moment of its own; until then the late one takes its place.
  std::this_thread::sleep_for(milliseconds(100));
  late.send(get("/hello"));
  refused = late.read_response();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503")) << refused;
  release.set_value();
  EXPECT_TRUE(waiting.read_response().ends_with("hello"));
  EXPECT_TRUE(blocked.read_response().ends_with("done"));
}

TEST(Server, AnIdleServerUsesNoProcessorTime) {
  const auto server = start_server({hello_route()});
  TestClient client(server->port());
  client.send(get("/hello"));
  client.read_response();
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 0.02);
}

TEST(Failure, HasAStatusWithAReason) {
  for (const Failure failure : {Failure::kBadRequest, Failure::kUnauthorized, Failure::kForbidden, Failure::kNotFound,
                                Failure::kMethodNotAllowed, Failure::kTimeout, Failure::kBodyTooLarge,
                                Failure::kHeaderTooLarge, Failure::kBusy, Failure::kDraining, Failure::kInternal}) {
    EXPECT_NE(reason_of(status_of(failure)), "Status") << status_of(failure);
  }
}

}  // namespace
}  // namespace hearth::http
