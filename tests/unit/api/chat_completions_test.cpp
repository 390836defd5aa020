#include "api/chat_completions.h"

#include "handler_fixture.h"

namespace hearth::api {
namespace {

using ChatCompletionsTest = HandlerTest;
constexpr const char* kHello = R"({"messages":[{"role":"user","content":"Hi"}]})";

TEST_F(ChatCompletionsTest, AnswersWhole) {
  const Answer answer = call(chat_completions_handler(*services_),
                             R"({"model":"tiny","messages":[{"role":"user","content":"Hi"}],"seed":42,"foo":1})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = answer.json();
  EXPECT_TRUE(body["id"].get<std::string>().starts_with("chatcmpl-"));
  EXPECT_EQ(body["object"], "chat.completion");
  EXPECT_EQ(body["model"], "tiny");
  EXPECT_EQ(body["system_fingerprint"], "fp_fake");
  EXPECT_EQ(body["seed"], 42);
  EXPECT_EQ(body["choices"][0]["message"], Json::parse(R"({"role":"assistant","content":"Hello","refusal":null})"));
  EXPECT_EQ(body["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(body["choices"][0]["stop_reason"], "eos");
  EXPECT_TRUE(body["choices"][0]["logprobs"].is_null());
  EXPECT_EQ(body["usage"]["prompt_tokens"], 3);
  EXPECT_EQ(body["usage"]["completion_tokens"], 1);
  EXPECT_EQ(body["usage"]["total_tokens"], 4);
  EXPECT_EQ(body["usage"]["prompt_tokens_details"]["cached_tokens"], 1);
  EXPECT_EQ(answer.header("X-Ignored-Params"), "foo");
  EXPECT_EQ(answer.header("X-Model-Used"), "");
}

TEST_F(ChatCompletionsTest, AnotherNameIsAnsweredByTheOnlyModel) {
  const Answer answer =
      call(chat_completions_handler(*services_), R"({"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]})");
  EXPECT_EQ(answer.header("X-Model-Used"), "tiny");
  EXPECT_EQ(answer.json()["model"], "gpt-4o");
  EXPECT_EQ(call(chat_completions_handler(*services_), kHello).json()["model"], "tiny");
}

TEST_F(ChatCompletionsTest, StreamsInOpenAisShapes) {
  const Answer answer =
      call(chat_completions_handler(*services_), R"({"messages":[{"role":"user","content":"Hi"}],"stream":true})");
  EXPECT_EQ(answer.header("Cache-Control"), "no-cache");
  EXPECT_EQ(answer.header("X-Accel-Buffering"), "no");
  EXPECT_TRUE(answer.finished);
  const std::vector<std::string> events = answer.events();
  ASSERT_EQ(events.size(), 4U) << answer.body;
  const Json first = Json::parse(events[0]);
  EXPECT_EQ(first["object"], "chat.completion.chunk");
  EXPECT_EQ(first["choices"][0], Json::parse(R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},
      "logprobs":null,"finish_reason":null})"));
  EXPECT_FALSE(first.contains("usage"));
  const Json second = Json::parse(events[1]);
  EXPECT_EQ(second["id"], first["id"]);
  EXPECT_EQ(second["choices"][0]["delta"], Json::parse(R"({"content":"Hello"})"));
  const Json last = Json::parse(events[2]);
  EXPECT_EQ(last["choices"][0]["delta"], Json::object());
  EXPECT_EQ(last["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(last["seed"], 7);
  EXPECT_EQ(events[3], "[DONE]");
}

TEST_F(ChatCompletionsTest, StreamsUsageWhenAsked) {
  const Answer answer = call(chat_completions_handler(*services_),
                             R"({"messages":[{"role":"user","content":"Hi"}],"stream":true,"n":2,
                                 "stream_options":{"include_usage":true}})");
  const std::vector<std::string> events = answer.events();
  ASSERT_EQ(events.size(), 8U) << answer.body;
  for (std::size_t i = 0; i < 6; ++i) {
    const Json chunk = Json::parse(events[i]);
    ASSERT_TRUE(chunk.contains("usage")) << events[i];
    EXPECT_TRUE(chunk["usage"].is_null());
  }
  const Json usage = Json::parse(events[6]);
  EXPECT_EQ(usage["choices"], Json::array());
  EXPECT_EQ(usage["usage"]["completion_tokens"], 2);
}

TEST_F(ChatCompletionsTest, LogprobsComeInChatsForm) {
  model_->play = [](const backends::Request&, const backends::ReplyStart& start, backends::ReplySink& sink) {
    sink.on_start(start);
    const backends::TokenCandidate token{.id = 5, .bytes = "\xC3", .logprob = -0.5F};
    sink.on_text({.text = "x", .logprobs = {{.token = token, .top = {token}}}, .finish = backends::Finish::kLength});
    sink.on_done({});
  };
  const Answer answer = call(chat_completions_handler(*services_),
                             R"({"messages":[{"role":"user","content":"Hi"}],"logprobs":true,"top_logprobs":1})");
  const Json logprobs = answer.json()["choices"][0]["logprobs"];
  EXPECT_EQ(logprobs, Json::parse(R"({"content":[{"token":"\\xc3","logprob":-0.5,"bytes":[195],
      "top_logprobs":[{"token":"\\xc3","logprob":-0.5,"bytes":[195]}]}],"refusal":null})"));
  EXPECT_EQ(model_->last_request.top_logprobs, 1);
}

}  // namespace
}  // namespace hearth::api
