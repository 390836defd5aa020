#include "backends/native/native_reply.h"

#include <gtest/gtest.h>

#include <limits>

#include "backends/fakes.h"

namespace hearth::backends {
namespace {

class NativeReplyTest : public ::testing::Test {
 protected:
  std::shared_ptr<NativeReply> make() {
    return std::make_shared<NativeReply>(ReplyContext{.engine = engine_, .tokenizer = tokenizer_, .pool = pool_},
                                         sink_);
  }
  static std::vector<PlannedChoice> choices(int n, std::vector<std::string> stop = {}) {
    std::vector<PlannedChoice> planned(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) {
      planned[static_cast<std::size_t>(i)].sequence.prompt = {1, 2, 3};
      planned[static_cast<std::size_t>(i)].text.choice = i;
      planned[static_cast<std::size_t>(i)].text.stop = stop;
      planned[static_cast<std::size_t>(i)].counts_prompt = i == 0;
    }
    return planned;
  }

  // The pool outlives everything: a reply that ends with the engine's sinks still posts to it.
  base::TaskPool pool_{2, std::numeric_limits<std::size_t>::max()};
  FakeTokenizer tokenizer_ = FakeTokenizer::bytes();
  FakeEngine engine_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
};

TEST_F(NativeReplyTest, ChoicesInterleaveAndTheLastEndsTheReply) {
  const auto reply = make();
  reply->start({.model = "m"}, choices(2));
  EXPECT_TRUE(sink_->started);
  engine_.emit(0, 'a' + 1);
  engine_.emit(1, 'x' + 1);
  engine_.emit(0, 'b' + 1);
  engine_.emit(0, 0, engine::FinishReason::kStop);
  engine_.emit(1, 'y' + 1, engine::FinishReason::kLength);
  ASSERT_TRUE(sink_->wait());
  EXPECT_EQ(sink_->texts[0], "ab");
  EXPECT_EQ(sink_->texts[1], "xy");
  EXPECT_EQ(sink_->usage.n_prompt_tokens, 3) << "the prompt counts once";
  EXPECT_EQ(sink_->usage.n_generated_tokens, 5);
  EXPECT_FALSE(sink_->error);
}

TEST_F(NativeReplyTest, AStopStringCancelsTheSequence) {
  const auto reply = make();
  reply->start({}, choices(1, {"bc"}));
  for (const char c : std::string("abcd")) {
    engine_.emit(0, c + 1);
  }
  ASSERT_TRUE(sink_->wait());
  EXPECT_EQ(sink_->texts[0], "a");
  EXPECT_EQ(engine_.cancelled, std::vector<engine::SequenceId>{1});
  EXPECT_EQ(sink_->usage.n_generated_tokens, 3);
  engine_.emit(0, 0, engine::FinishReason::kCancelled);
  EXPECT_EQ(sink_->n_ends, 1);
}

TEST_F(NativeReplyTest, AFullQueueTakesNothing) {
  engine_.max_sequences = 1;
  const auto reply = make();
  reply->start({}, choices(2));
  ASSERT_TRUE(sink_->wait());
  ASSERT_TRUE(sink_->error);
  EXPECT_EQ(sink_->error->reason, Reason::kOverloaded);
  EXPECT_FALSE(sink_->started);
  EXPECT_EQ(engine_.cancelled, std::vector<engine::SequenceId>{1});
}

TEST_F(NativeReplyTest, CancelFreesEverySequenceAndEndsTheEvents) {
  const auto reply = make();
  reply->start({}, choices(2));
  engine_.emit(0, 'a' + 1);
  ASSERT_TRUE(sink_->wait_for_pieces(1));
  reply->cancel();
  reply->cancel();
  EXPECT_EQ(engine_.cancelled, (std::vector<engine::SequenceId>{1, 2}));
  engine_.emit(0, 'b' + 1);
  engine_.emit(1, 0, engine::FinishReason::kCancelled);
  EXPECT_EQ(sink_->texts[0], "a");
  EXPECT_EQ(sink_->n_ends, 0);
}

TEST_F(NativeReplyTest, WaitsWhileTheSinkHasNoRoom) {
  sink_->room = false;
  const auto reply = make();
  reply->start({}, choices(1));
  for (const char c : std::string("abc")) {
    engine_.emit(0, c + 1);
  }
  engine_.emit(0, 0, engine::FinishReason::kStop);
  ASSERT_TRUE(sink_->wait_for_pieces(1));
  EXPECT_EQ(sink_->n_ends, 0);
  reply->resume();
  ASSERT_TRUE(sink_->wait_for_pieces(2));
  EXPECT_EQ(sink_->texts[0], "ab");
  sink_->room = true;
  reply->resume();
  ASSERT_TRUE(sink_->wait());
  EXPECT_EQ(sink_->texts[0], "abc");
}

TEST_F(NativeReplyTest, AnEngineErrorEndsTheWholeReply) {
  const auto reply = make();
  reply->start({}, choices(2));
  engine::TokenEvent event;
  event.finish = engine::FinishReason::kError;
  event.error = "broken";
  engine_.sinks[1]->on_token(event);
  ASSERT_TRUE(sink_->wait());
  ASSERT_TRUE(sink_->error);
  EXPECT_EQ(sink_->error->message, "broken");
  EXPECT_EQ(engine_.cancelled.size(), 2U);
}

TEST_F(NativeReplyTest, ReportsCachedTokensOfThePrompt) {
  const auto reply = make();
  reply->start({}, choices(1));
  engine::TokenEvent event;
  event.token = 'a' + 1;
  event.n_cached_tokens = 2;
  event.finish = engine::FinishReason::kLength;
  engine_.sinks[0]->on_token(event);
  ASSERT_TRUE(sink_->wait());
  EXPECT_EQ(sink_->usage.n_cached_tokens, 2);
}

}  // namespace
}  // namespace hearth::backends
