#include "api/completions.h"

#include "handler_fixture.h"

namespace hearth::api {
namespace {

using CompletionsTest = HandlerTest;

TEST_F(CompletionsTest, AnswersWholeForEveryPrompt) {
  const Answer answer =
      call(completions_handler(*services_), R"({"prompt":["a","b"],"n":2,"max_tokens":4})", {{"model", "tiny"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = answer.json();
  EXPECT_TRUE(body["id"].get<std::string>().starts_with("cmpl-"));
  EXPECT_EQ(body["object"], "text_completion");
  ASSERT_EQ(body["choices"].size(), 4U);
  EXPECT_EQ(body["choices"][3]["index"], 3);
  EXPECT_EQ(body["choices"][3]["text"], "Hello");
  EXPECT_EQ(model_->last_request.max_tokens, 4);
}

TEST_F(CompletionsTest, StreamsTextAndEndsInOneChunk) {
  const Answer answer = call(completions_handler(*services_), R"({"prompt":"a","stream":true})");
  const std::vector<std::string> events = answer.events();
  ASSERT_EQ(events.size(), 2U) << answer.body;
  const Json chunk = Json::parse(events[0]);
  EXPECT_EQ(chunk["object"], "text_completion");
  EXPECT_EQ(chunk["choices"][0]["text"], "Hello");
  EXPECT_EQ(chunk["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(events[1], "[DONE]");
}

TEST_F(CompletionsTest, LogprobsComeInCompletionsForm) {
  model_->play = [](const backends::Request&, const backends::ReplyStart& start, backends::ReplySink& sink) {
    sink.on_start(start);
    const backends::TokenCandidate first{.id = 1, .bytes = "a"};
    const backends::TokenCandidate second{.id = 2, .bytes = "\xE2", .logprob = -1.0F};
    const backends::TokenCandidate other{.id = 3, .bytes = "c", .logprob = -0.5F};
    sink.on_text({.text = "ab",
                  .logprobs = {{.token = first}, {.token = second, .top = {other}, .text_offset = 1}},
                  .finish = backends::Finish::kLength});
    sink.on_done({});
  };
  const Answer answer = call(completions_handler(*services_), R"({"prompt":"a","logprobs":1,"echo":true})");
  EXPECT_EQ(answer.json()["choices"][0]["logprobs"],
            Json::parse(R"({"tokens":["a","bytes:\\xe2"],"token_logprobs":[null,-1.0],
                            "top_logprobs":[null,{"c":-0.5,"bytes:\\xe2":-1.0}],"text_offset":[0,1]})"));
  EXPECT_TRUE(model_->last_request.echo);
}

}  // namespace
}  // namespace hearth::api
