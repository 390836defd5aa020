#include "api/generation_reply.h"

#include "api/chat_completions.h"
#include "handler_fixture.h"

namespace hearth::api {
namespace {

using GenerationReplyTest = HandlerTest;
constexpr const char* kStream = R"({"messages":[{"role":"user","content":"Hi"}],"stream":true})";
constexpr const char* kWhole = R"({"messages":[{"role":"user","content":"Hi"}]})";

TEST_F(GenerationReplyTest, AnErrorBeforeTheStreamIsAStatus) {
  model_->play = [](const backends::Request&, const backends::ReplyStart&, backends::ReplySink& sink) {
    sink.on_error({backends::Reason::kOverloaded, "the queue is full"});
  };
  for (const char* body : {kStream, kWhole}) {
    const Answer answer = call(chat_completions_handler(*services_), body);
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.header("Retry-After"), "1");
    EXPECT_EQ(answer.json()["error"]["type"], "rate_limit_error");
    EXPECT_EQ(answer.json()["error"]["code"], "rate_limit_exceeded");
  }
}

TEST_F(GenerationReplyTest, AnErrorInTheStreamIsAnEventBeforeDone) {
  model_->play = [](const backends::Request&, const backends::ReplyStart& start, backends::ReplySink& sink) {
    sink.on_start(start);
    sink.on_text({.text = "He"});
    sink.on_error({backends::Reason::kInternal, "broken"});
  };
  const Answer answer = call(chat_completions_handler(*services_), kStream);
  const std::vector<std::string> events = answer.events();
  ASSERT_EQ(events.size(), 4U) << answer.body;
  EXPECT_EQ(Json::parse(events[2]), Json::parse(R"({"error":{"message":"broken","type":"server_error","param":null,
      "code":null}})"));
  EXPECT_EQ(events[3], "[DONE]");
  EXPECT_TRUE(answer.finished);
  EXPECT_EQ(services_->n_failed, 1);
}

TEST_F(GenerationReplyTest, AClientThatLeavesCancelsItsReply) {
  model_->play = [](const backends::Request&, const backends::ReplyStart& start, backends::ReplySink& sink) {
    sink.on_start(start);
  };
  for (const char* body : {kStream, kWhole}) {
    model_->reply->n_cancels = 0;
    call(chat_completions_handler(*services_), body);
    EXPECT_EQ(model_->reply->n_cancels, 0);
    exchange_->close();
    EXPECT_EQ(model_->reply->n_cancels, 1);
  }
  EXPECT_EQ(services_->n_cancelled, 2);
}

TEST_F(GenerationReplyTest, ASlowReaderPausesTheBackendAndResumesIt) {
  model_->play = [](const backends::Request&, const backends::ReplyStart& start, backends::ReplySink& sink) {
    sink.on_start(start);
  };
  call(chat_completions_handler(*services_), kStream);
  EXPECT_TRUE(model_->last_sink->on_text({.text = "small"}));
  EXPECT_FALSE(model_->last_sink->on_text({.text = std::string(http::Exchange::kHighWaterBytes, 'x')}));
  EXPECT_EQ(model_->reply->n_resumes, 0);
  taken();
  EXPECT_EQ(model_->reply->n_resumes, 1);
}

TEST_F(GenerationReplyTest, WaitingForAModelIsTellOnStreamsOnly) {
  model_->play = [](const backends::Request&, const backends::ReplyStart&, backends::ReplySink& sink) {
    sink.on_waiting("loading model tiny");
  };
  const Answer streamed = call(chat_completions_handler(*services_), kStream);
  EXPECT_EQ(streamed.body, ": loading model tiny\n\n");
  EXPECT_EQ(call(chat_completions_handler(*services_), kWhole).status, 0);
}

TEST_F(GenerationReplyTest, TheReplyIsLetGoWhenItEnds) {
  call(chat_completions_handler(*services_), kWhole);
  const std::weak_ptr<backends::ReplySink> sink = model_->last_sink;
  model_->last_sink.reset();
  exchange_.reset();
  EXPECT_TRUE(sink.expired());
  EXPECT_EQ(model_->reply.use_count(), 1);
}

}  // namespace
}  // namespace hearth::api
