#include "http/exchange.h"

#include <gtest/gtest.h>

#include "http/responder.h"

namespace hearth::http {
namespace {

TEST(Exchange, TheFirstAnswerWins) {
  int n_wakes = 0;
  Exchange exchange([&] { ++n_wakes; });
  exchange.send({.status = 200, .body = "a"});
  exchange.send({.status = 500, .body = "b"});
  exchange.begin_stream({});
  const Exchange::Work work = exchange.take();
  ASSERT_TRUE(work.response);
  EXPECT_EQ(work.response->body, "a");
  EXPECT_FALSE(work.head);
  EXPECT_EQ(n_wakes, 1);
  EXPECT_TRUE(exchange.take().empty());
}

TEST(Exchange, AStreamIsHeadBytesThenOneEnd) {
  Exchange exchange([] {});
  EXPECT_EQ(exchange.write("early"), WriteState::kClosed);
  exchange.begin_stream({});
  EXPECT_EQ(exchange.write("a"), WriteState::kOpen);
  EXPECT_EQ(exchange.write("b"), WriteState::kOpen);
  exchange.finish();
  EXPECT_EQ(exchange.write("late"), WriteState::kClosed);
  const Exchange::Work work = exchange.take();
  EXPECT_TRUE(work.head);
  EXPECT_EQ(work.bytes, "ab");
  EXPECT_TRUE(work.finished);
  EXPECT_TRUE(exchange.take().empty());
}

TEST(Exchange, ASlowReaderFillsItAndTakingMakesRoom) {
  Exchange exchange([] {});
  int n_writable = 0;
  exchange.on_writable([&] { ++n_writable; });
  exchange.begin_stream({});
  EXPECT_EQ(exchange.write(std::string(Exchange::kHighWaterBytes, 'x')), WriteState::kOpen);
  EXPECT_EQ(exchange.write("y"), WriteState::kFull);
  EXPECT_EQ(n_writable, 0);
  EXPECT_EQ(exchange.take().bytes.size(), Exchange::kHighWaterBytes + 1);
  EXPECT_EQ(n_writable, 1);
  EXPECT_EQ(exchange.write("z"), WriteState::kOpen);
  exchange.take();
  EXPECT_EQ(n_writable, 1);
}

TEST(Exchange, ClosingTellsTheHandlerOnce) {
  Exchange exchange([] {});
  int n_closed = 0;
  exchange.on_closed([&] { ++n_closed; });
  exchange.close();
  exchange.close();
  EXPECT_EQ(n_closed, 1);
  EXPECT_TRUE(exchange.closed());
  exchange.on_closed([&] { n_closed += 10; });
  EXPECT_EQ(n_closed, 11) << "a callback set after the end runs at once";
}

TEST(Exchange, DoneLetsGoOfTheCallbacks) {
  Exchange exchange([] {});
  int n_closed = 0;
  exchange.on_closed([&] { ++n_closed; });
  exchange.done();
  exchange.close();
  EXPECT_EQ(n_closed, 0);
}

TEST(Exchange, NotesTokens) {
  Exchange exchange([] {});
  EXPECT_EQ(exchange.token_note(), "");
  exchange.note_tokens(12, 34);
  EXPECT_EQ(exchange.token_note(), "12+34 tokens");
}

TEST(Responder, ALostRequestIsSeen) {
  const auto exchange = std::make_shared<Exchange>([] {});
  {
    const Responder responder(exchange);
    const Responder copy = responder;  // NOLINT(performance-unnecessary-copy-initialization): copies share the answer
    EXPECT_FALSE(copy.answered());
  }
  EXPECT_TRUE(exchange->take().abandoned);
}

TEST(Responder, AnUnfinishedStreamIsCutOffAndAFinishedOneIsNot) {
  for (const bool finish : {false, true}) {
    const auto exchange = std::make_shared<Exchange>([] {});
    {
      const Responder responder(exchange);
      responder.begin_stream({});
      responder.write("x");
      if (finish) {
        responder.finish();
      }
    }
    const Exchange::Work work = exchange->take();
    EXPECT_EQ(work.finished, finish);
    EXPECT_EQ(work.abandoned, !finish);
  }
}

}  // namespace
}  // namespace hearth::http
