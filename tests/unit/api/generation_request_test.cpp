#include "api/generation_request.h"

#include <gtest/gtest.h>

namespace hearth::api {
namespace {

using backends::ChatInput;
using backends::EditInput;
using backends::TextInput;
using backends::TokenInput;

Parsed<GenerationRequest> parse(Endpoint endpoint, const std::string& body) {
  return parse_generation(endpoint, body, "from-path", false);
}

TEST(GenerationRequest, ChatNeedsMessages) {
  const auto parsed = parse(Endpoint::kChat, R"({"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,
      "stream_options":{"include_usage":true},"logprobs":true,"top_logprobs":2,"max_tokens":5,"max_completion_tokens":9})");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->core.model, "m");
  EXPECT_TRUE(parsed->stream);
  EXPECT_TRUE(parsed->include_usage);
  EXPECT_EQ(parsed->core.top_logprobs, 2);
  EXPECT_EQ(parsed->core.max_tokens, 9) << "max_completion_tokens wins";
  ASSERT_EQ(parsed->core.prompts.size(), 1U);
  EXPECT_EQ(std::get<ChatInput>(parsed->core.prompts[0]).messages[0]["content"], "Hi");
  EXPECT_EQ(parse(Endpoint::kChat, "{}").error().param, "messages");
}

TEST(GenerationRequest, ReasoningEffortReachesTheTemplate) {
  const auto none = parse(Endpoint::kChat, R"({"messages":[{"role":"user","content":"x"}],"reasoning_effort":"none"})");
  EXPECT_EQ(std::get<ChatInput>(none->core.prompts[0]).template_kwargs["enable_thinking"], false);
  const auto high = parse(Endpoint::kChat, R"({"messages":[{"role":"user","content":"x"}],"reasoning_effort":"high",
      "chat_template_kwargs":{"enable_thinking":false}})");
  const Json& kwargs = std::get<ChatInput>(high->core.prompts[0]).template_kwargs;
  EXPECT_EQ(kwargs["enable_thinking"], false) << "what the request says itself wins";
  EXPECT_EQ(kwargs["reasoning_effort"], "high");
}

TEST(GenerationRequest, AnEmptyModelComesFromThePath) {
  EXPECT_EQ(parse(Endpoint::kCompletions, R"({"prompt":"x"})")->core.model, "from-path");
  EXPECT_EQ(parse(Endpoint::kCompletions, R"({"prompt":"x","model":""})")->core.model, "from-path");
}

TEST(GenerationRequest, CompletionTakesEveryFormOfPrompt) {
  const auto prompts = [](const std::string& prompt) {
    return parse(Endpoint::kCompletions, "{\"prompt\":" + prompt + "}")->core.prompts;
  };
  EXPECT_EQ(std::get<TextInput>(prompts("\"a\"")[0]).text, "a");
  EXPECT_EQ(prompts("[\"a\",\"b\"]").size(), 2U);
  EXPECT_EQ(std::get<TokenInput>(prompts("[1,2]")[0]).tokens, (std::vector<backends::TokenId>{1, 2}));
  const auto lists = prompts("[[1,2],[3]]");
  ASSERT_EQ(lists.size(), 2U);
  EXPECT_EQ(std::get<TokenInput>(lists[1]).tokens, std::vector<backends::TokenId>{3});
  EXPECT_EQ(parse(Endpoint::kCompletions, "{}")->core.prompts.size(), 1U);
  EXPECT_FALSE(parse(Endpoint::kCompletions, "{}")->core.max_tokens);
  EXPECT_EQ(parse(Endpoint::kCompletions, R"({"max_tokens":0})")->core.max_tokens, 0);
}

TEST(GenerationRequest, BadPromptsNameThePlace) {
  const auto param = [](const std::string& prompt) {
    const auto parsed = parse(Endpoint::kCompletions, "{\"prompt\":" + prompt + "}");
    return parsed ? std::string("accepted") : parsed.error().param;
  };
  EXPECT_EQ(param("5"), "prompt");
  EXPECT_EQ(param("[]"), "prompt");
  EXPECT_EQ(param("[1,\"a\"]"), "prompt[1]");
  EXPECT_EQ(param("[-1]"), "prompt[0]");
  EXPECT_EQ(param("[\"a\",5]"), "prompt[1]");
  EXPECT_EQ(param("[[1],[2,null]]"), "prompt[1][1]");
}

TEST(GenerationRequest, EditsTakeOneOrSeveralInputs) {
  const auto one = parse(Endpoint::kEdits, R"({"instruction":"rephrase","input":"a cat"})");
  EXPECT_EQ(std::get<EditInput>(one->core.prompts[0]).input, "a cat");
  EXPECT_EQ(parse(Endpoint::kEdits, R"({"instruction":"i","input":["a","b"]})")->core.prompts.size(), 2U);
  EXPECT_EQ(parse(Endpoint::kEdits, R"({"instruction":"i"})")->core.prompts.size(), 1U);
  EXPECT_EQ(parse(Endpoint::kEdits, R"({"input":"a"})").error().param, "instruction");
}

TEST(GenerationRequest, WhatIsNoJsonObjectIsRefused) {
  for (const char* body : {"", "[]", "{", "{\"a\":1,\"a\":2}", "\"x\"", "{\"temperature\":NaN}"}) {
    const auto parsed = parse(Endpoint::kChat, body);
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kBadRequest) << body;
  }
}

TEST(GenerationRequest, ChoicesAreBounded) {
  std::string prompts = "[\"a\"";
  for (int i = 0; i < 100; ++i) {
    prompts += ",\"a\"";
  }
  EXPECT_EQ(parse(Endpoint::kCompletions, "{\"n\":128,\"prompt\":" + prompts + "]}").error().param, "n");
}

}  // namespace
}  // namespace hearth::api
