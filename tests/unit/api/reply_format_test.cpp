#include "api/reply_format.h"

#include <gtest/gtest.h>

#include <limits>

namespace hearth::api {
namespace {

TEST(ReplyFormat, AnImpossibleTokenHasOpenAisNumber) {
  const backends::TokenCandidate banned{.bytes = "a", .logprob = -std::numeric_limits<float>::infinity()};
  EXPECT_EQ(chat_logprobs({{.token = banned}})["content"][0]["logprob"], -9999.0);
  EXPECT_EQ(completion_logprobs({{.token = banned}})["token_logprobs"][0], -9999.0);
}

TEST(ReplyFormat, NamesOfReasons) {
  EXPECT_EQ(finish_name(backends::Finish::kStop), "stop");
  EXPECT_EQ(finish_name(backends::Finish::kLength), "length");
  EXPECT_EQ(stop_reason_name(backends::StopReason::kEos), "eos");
  EXPECT_EQ(stop_reason_name(backends::StopReason::kStopString), "stop_string");
  EXPECT_EQ(stop_reason_name(backends::StopReason::kMaxTokens), "max_tokens");
  EXPECT_EQ(stop_reason_name(backends::StopReason::kContext), "context");
}

TEST(ReplyFormat, UsageAddsUp) {
  const Json usage = usage_json({.n_prompt_tokens = 5, .n_cached_tokens = 2, .n_generated_tokens = 7});
  EXPECT_EQ(usage["total_tokens"], 12);
  EXPECT_EQ(usage["prompt_tokens_details"]["cached_tokens"], 2);
}

}  // namespace
}  // namespace hearth::api
