#include "app/terminal_reply.h"

#include <gtest/gtest.h>

#include <thread>

#include "app/captured_output.h"

namespace hearth::app {
namespace {

class FakeReply final : public backends::Reply {
 public:
  void cancel() override { ++n_cancels; }
  void resume() override {}
  int n_cancels = 0;
};

backends::TextPiece piece(const char* text) {
  backends::TextPiece result;
  result.text = text;
  return result;
}

TEST(TerminalReply, PrintsPiecesAsTheyComeAndKeepsTheText) {
  TerminalReply sink;
  FakeReply reply;
  const CommandOutput output = capture([&] {
    std::thread backend([&] {
      EXPECT_TRUE(sink.on_text(piece("Par")));
      EXPECT_TRUE(sink.on_text(piece("is")));
      sink.on_done({});
    });
    sink.wait(reply, [] { return false; });
    backend.join();
    return 0;
  });
  EXPECT_EQ(output.out, "Paris");
  EXPECT_EQ(sink.text(), "Paris");
  EXPECT_FALSE(sink.error());
  EXPECT_EQ(reply.n_cancels, 0);
}

TEST(TerminalReply, KeepsTheError) {
  TerminalReply sink;
  FakeReply reply;
  sink.on_error({backends::Reason::kContextLength, "too long", ""});
  sink.wait(reply, [] { return false; });
  ASSERT_TRUE(sink.error());
  EXPECT_EQ(sink.error()->message, "too long");
}

TEST(TerminalReply, AnInterruptCancelsTheReplyOnce) {
  TerminalReply sink;
  FakeReply reply;
  sink.wait(reply, [] { return true; });
  EXPECT_EQ(reply.n_cancels, 1);
}

}  // namespace
}  // namespace hearth::app
