#include "api/parameters.h"

#include <gtest/gtest.h>

#include <set>

namespace hearth::api {
namespace {

Parsed<GenerationFields> parse(const char* json, Endpoint endpoint = Endpoint::kChat, bool strict = false) {
  return parse_parameters(Json::parse(json), endpoint, strict);
}

struct BadCase {
  const char* json;
  ErrorKind kind;
  const char* param;
  Endpoint endpoint = Endpoint::kChat;
};

TEST(Parameters, WrongTypesAndRangesNameTheField) {
  const BadCase cases[] = {
      {R"({"temperature":2.1})", ErrorKind::kDecimalAboveMax, "temperature"},
      {R"({"temperature":-0.1})", ErrorKind::kDecimalBelowMin, "temperature"},
      {R"({"temperature":"1"})", ErrorKind::kInvalidType, "temperature"},
      {R"({"top_p":1.01})", ErrorKind::kDecimalAboveMax, "top_p"},
      {R"({"min_p":-1})", ErrorKind::kDecimalBelowMin, "min_p"},
      {R"({"top_k":1.5})", ErrorKind::kInvalidType, "top_k"},
      {R"({"top_k":-2})", ErrorKind::kIntegerBelowMin, "top_k"},
      {R"({"presence_penalty":3})", ErrorKind::kDecimalAboveMax, "presence_penalty"},
      {R"({"frequency_penalty":-3})", ErrorKind::kDecimalBelowMin, "frequency_penalty"},
      {R"({"max_tokens":0})", ErrorKind::kIntegerBelowMin, "max_tokens"},
      {R"({"max_tokens":-1})", ErrorKind::kIntegerBelowMin, "max_tokens", Endpoint::kCompletions},
      {R"({"max_completion_tokens":true})", ErrorKind::kInvalidType, "max_completion_tokens"},
      {R"({"n":0})", ErrorKind::kIntegerBelowMin, "n"},
      {R"({"n":129})", ErrorKind::kIntegerAboveMax, "n"},
      {R"({"n":21})", ErrorKind::kIntegerAboveMax, "n", Endpoint::kEdits},
      {R"({"stream":1})", ErrorKind::kInvalidType, "stream"},
      {R"({"logprobs":3})", ErrorKind::kInvalidType, "logprobs"},
      {R"({"logprobs":21})", ErrorKind::kIntegerAboveMax, "logprobs", Endpoint::kCompletions},
      {R"({"logprobs":true,"top_logprobs":21})", ErrorKind::kIntegerAboveMax, "top_logprobs"},
      {R"({"top_logprobs":2})", ErrorKind::kInvalidValue, "top_logprobs"},
      {R"({"stream_options":{"include_usage":true}})", ErrorKind::kInvalidValue, "stream_options"},
      {R"({"reasoning_effort":"huge"})", ErrorKind::kInvalidValue, "reasoning_effort"},
      {R"({"model":1})", ErrorKind::kInvalidType, "model"},
      {R"({"seed":"x"})", ErrorKind::kInvalidType, "seed"},
      {R"({"seed":18446744073709551615})", ErrorKind::kIntegerAboveMax, "seed"},
      {R"({"tools":[]})", ErrorKind::kEmptyArray, "tools"},
      {R"({"tools":[{"type":"function","function":{"name":"f"}}]})", ErrorKind::kUnsupportedParameter, "tools"},
      {R"({"tool_choice":"auto"})", ErrorKind::kInvalidValue, "tool_choice"},
      {R"({"functions":[{"name":"f"}]})", ErrorKind::kUnsupportedParameter, "functions"},
      {R"({"response_format":{"type":"json_schema"}})", ErrorKind::kUnsupportedParameter, "response_format"},
      {R"({"response_format":{"type":"xml"}})", ErrorKind::kInvalidValue, "response_format.type"},
      {R"({"audio":{}})", ErrorKind::kUnsupportedParameter, "audio"},
      {R"({"modalities":["audio"]})", ErrorKind::kUnsupportedParameter, "modalities"},
      {R"({"mirostat":2})", ErrorKind::kUnsupportedParameter, "mirostat"},
      {R"({"grammar":"root ::= x"})", ErrorKind::kUnsupportedParameter, "grammar"},
      {R"({"best_of":2})", ErrorKind::kUnsupportedParameter, "best_of", Endpoint::kCompletions},
      {R"({"suffix":"x"})", ErrorKind::kUnsupportedParameter, "suffix", Endpoint::kCompletions},
      {R"({"stream":true})", ErrorKind::kUnsupportedParameter, "stream", Endpoint::kEdits},
  };
  for (const BadCase& bad : cases) {
    const Parsed<GenerationFields> parsed = parse(bad.json, bad.endpoint);
    ASSERT_FALSE(parsed) << bad.json;
    EXPECT_EQ(static_cast<int>(parsed.error().kind), static_cast<int>(bad.kind)) << bad.json << parsed.error().message;
    EXPECT_EQ(parsed.error().param, bad.param) << bad.json;
    EXPECT_FALSE(parsed.error().message.empty()) << bad.json;
  }
}

TEST(Parameters, MessagesReadAsOpenAis) {
  EXPECT_EQ(parse(R"({"temperature":200})").error().message,
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 200 instead.");
  EXPECT_EQ(parse(R"({"n":0})").error().message,
            "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.");
}

TEST(Parameters, ReadsEverySamplingValue) {
  const auto fields = parse(R"({"temperature":0,"top_p":0.5,"top_k":40.0,"min_p":0.1,"presence_penalty":1,
      "frequency_penalty":-1,"repeat_penalty":1.1,"repeat_last_n":32,"seed":-9,"ignore_eos":true,
      "logit_bias":{"5":-100,"7":1.5}})");
  ASSERT_TRUE(fields) << fields.error().message;
  const backends::SamplingChoice& sampling = fields->sampling;
  EXPECT_EQ(sampling.temperature, 0.0);
  EXPECT_EQ(sampling.top_p, 0.5);
  EXPECT_EQ(sampling.top_k, 40);
  EXPECT_EQ(sampling.min_p, 0.1);
  EXPECT_EQ(sampling.presence_penalty, 1.0);
  EXPECT_EQ(sampling.frequency_penalty, -1.0);
  EXPECT_EQ(sampling.repeat_penalty, 1.1);
  EXPECT_EQ(sampling.repeat_last_n, 32);
  EXPECT_EQ(sampling.seed, -9);
  EXPECT_EQ(sampling.ignore_eos, true);
  ASSERT_EQ(sampling.logit_bias.size(), 2U);
  EXPECT_EQ(sampling.logit_bias[0], (std::pair<backends::TokenId, double>{5, -100.0}));
}

TEST(Parameters, NullIsAbsent) {
  const auto fields = parse(R"({"temperature":null,"stop":null,"stream_options":null,"tools":null,"n":null,
      "max_tokens":null,"tool_choice":null,"response_format":null,"grammar":null})");
  ASSERT_TRUE(fields) << fields.error().message;
  EXPECT_FALSE(fields->sampling.temperature);
  EXPECT_FALSE(fields->n);
}

TEST(Parameters, ValuesThatAskForNothingAreAccepted) {
  const auto fields = parse(R"({"mirostat":0,"typical_p":1.0,"grammar":"","response_format":{"type":"text"},
      "modalities":["text"],"functions":[],"user":"u","metadata":{"a":"b"},"store":false,"cache_prompt":true,
      "min_tokens":0,"skip_special_tokens":true})");
  ASSERT_TRUE(fields) << fields.error().message;
  EXPECT_TRUE(fields->ignored.empty());
}

TEST(Parameters, UnknownFieldsAreCollectedOrRefused) {
  const auto fields = parse(R"({"foo":1,"bar":null,"temperature":1})");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->ignored, (std::vector<std::string>{"foo", "bar"}));
  const auto strict = parse(R"({"foo":1})", Endpoint::kChat, true);
  ASSERT_FALSE(strict);
  EXPECT_EQ(strict.error().message, "Unrecognized request argument supplied: foo");
  EXPECT_EQ(strict.error().param, "");
  EXPECT_EQ(parse(R"({"messages":[]})", Endpoint::kCompletions)->ignored, std::vector<std::string>{"messages"})
      << "a field of another endpoint is unknown here";
}

TEST(Parameters, TheTableHoldsEachNameOncePerEndpoint) {
  for (const unsigned endpoint : {1U, 2U, 4U}) {
    std::set<std::string_view> names;
    for (const Parameter& parameter : parameters()) {
      if ((parameter.endpoints & endpoint) != 0) {
        EXPECT_TRUE(names.insert(parameter.name).second) << parameter.name;
      }
    }
  }
}

}  // namespace
}  // namespace hearth::api
