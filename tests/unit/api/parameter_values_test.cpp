#include "api/parameter_values.h"

#include <gtest/gtest.h>

namespace hearth::api {
namespace {

TEST(Stop, TakesOneStringOrUpToSixteen) {
  GenerationFields fields;
  ASSERT_TRUE(read_stop(Json("\n"), fields));
  ASSERT_TRUE(read_stop(Json::array({"a", "b"}), fields));
  EXPECT_EQ(fields.stop, (std::vector<std::string>{"\n", "a", "b"}));
  EXPECT_TRUE(read_stop(Json::array(), fields));
  EXPECT_EQ(read_stop(Json(""), fields).error().param, "stop");
  EXPECT_EQ(read_stop(Json::array({"a", ""}), fields).error().param, "stop[1]");
  EXPECT_EQ(read_stop(Json::array({"a", 1}), fields).error().kind, ErrorKind::kInvalidType);
  EXPECT_EQ(read_stop(Json(5), fields).error().kind, ErrorKind::kInvalidType);
  const Parsed<void> many = read_stop(Json(std::vector<std::string>(17, "x")), fields);
  EXPECT_EQ(many.error().kind, ErrorKind::kArrayAboveMax);
}

TEST(LogitBias, KeysAreTokenIds) {
  GenerationFields fields;
  for (const char* key : {"", "x", "-1", "1x", "99999999999", " 1"}) {
    const Parsed<void> parsed = read_logit_bias(Json{{key, 1}}, fields);
    ASSERT_FALSE(parsed) << key;
    EXPECT_EQ(parsed.error().param, "logit_bias");
  }
  EXPECT_EQ(read_logit_bias(Json{{"1", 101}}, fields).error().kind, ErrorKind::kDecimalAboveMax);
  EXPECT_EQ(read_logit_bias(Json{{"1", "x"}}, fields).error().param, "logit_bias.1");
  EXPECT_TRUE(read_logit_bias(Json{{"1", -100}}, fields));
}

TEST(StreamOptions, ReadsUsageAndCollectsTheRest) {
  GenerationFields fields;
  ASSERT_TRUE(read_stream_options(Json{{"include_usage", true}, {"include_obfuscation", false}, {"x", 1}}, fields));
  EXPECT_TRUE(fields.include_usage);
  EXPECT_EQ(fields.ignored, std::vector<std::string>{"stream_options.x"});
  EXPECT_EQ(read_stream_options(Json{{"include_usage", 1}}, fields).error().param, "stream_options.include_usage");
}

TEST(CompletionLogprobs, TakesANumberOrAFlag) {
  GenerationFields fields;
  ASSERT_TRUE(read_completion_logprobs(Json(false), fields));
  EXPECT_FALSE(fields.n_logprobs);
  ASSERT_TRUE(read_completion_logprobs(Json(true), fields));
  EXPECT_EQ(fields.n_logprobs, 0);
  ASSERT_TRUE(read_completion_logprobs(Json(5), fields));
  EXPECT_EQ(fields.n_logprobs, 5);
}

TEST(ResponseFormat, NeedsAKnownType) {
  GenerationFields fields;
  EXPECT_TRUE(read_response_format(Json{{"type", "text"}}, fields));
  EXPECT_EQ(read_response_format(Json::object(), fields).error().kind, ErrorKind::kMissingParameter);
  EXPECT_EQ(read_response_format(Json{{"type", "json_object"}}, fields).error().kind, ErrorKind::kUnsupportedParameter);
}

}  // namespace
}  // namespace hearth::api
