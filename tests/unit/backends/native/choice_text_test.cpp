#include "backends/native/choice_text.h"

#include <gtest/gtest.h>

#include "backends/fakes.h"

namespace hearth::backends {
namespace {

engine::TokenEvent token(text::TokenId id, std::optional<engine::FinishReason> finish = {}) {
  engine::TokenEvent event;
  event.token = id;
  event.is_stop = id == 0;
  event.finish = finish;
  event.logprob = -static_cast<float>(id);
  return event;
}

engine::TokenEvent ending(engine::FinishReason finish) {
  engine::TokenEvent event;
  event.finish = finish;
  return event;
}

struct Collected {
  std::string text;
  std::vector<std::string> tokens;
  std::vector<std::int64_t> offsets;
  std::optional<Finish> finish;
  StopReason stop_reason{};
};

Collected run(ChoiceText& choice, const std::vector<engine::TokenEvent>& events) {
  Collected collected;
  for (const engine::TokenEvent& event : events) {
    if (const std::optional<TextPiece> piece = choice.push(event)) {
      collected.text += piece->text;
      for (const TokenLogprobs& logprobs : piece->logprobs) {
        collected.tokens.push_back(logprobs.token.bytes);
        collected.offsets.push_back(logprobs.text_offset);
      }
      if (piece->finish) {
        EXPECT_FALSE(collected.finish) << "a choice ends once";
        collected.finish = piece->finish;
        collected.stop_reason = piece->stop_reason;
      }
    }
  }
  return collected;
}

const std::vector<std::string> kPieces{"</s>", "Hel", "lo", " wor", "ld", "\xE2\x82", "\xAC", "ST", "OP!", "\xC3\xA9"};

TEST(ChoiceText, EndsWithTheStopToken) {
  const FakeTokenizer tokenizer(kPieces);
  ChoiceText choice(tokenizer, {.logprobs = true});
  const Collected collected = run(choice, {token(1), token(2), token(0, engine::FinishReason::kStop)});
  EXPECT_EQ(collected.text, "Hello");
  EXPECT_EQ(collected.finish, Finish::kStop);
  EXPECT_EQ(collected.stop_reason, StopReason::kEos);
  EXPECT_EQ(collected.tokens, (std::vector<std::string>{"Hel", "lo"}));
  EXPECT_EQ(collected.offsets, (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(choice.n_generated(), 3);
  EXPECT_FALSE(choice.stopped_by_text());
}

TEST(ChoiceText, TellsTheLimitFromTheContext) {
  const FakeTokenizer tokenizer(kPieces);
  ChoiceText limited(tokenizer, {.max_tokens = 2});
  EXPECT_EQ(run(limited, {token(1), token(2, engine::FinishReason::kLength)}).stop_reason, StopReason::kMaxTokens);
  ChoiceText open(tokenizer, {});
  const Collected collected = run(open, {token(1), token(2), ending(engine::FinishReason::kLength)});
  EXPECT_EQ(collected.finish, Finish::kLength);
  EXPECT_EQ(collected.stop_reason, StopReason::kContext);
}

TEST(ChoiceText, NeverSplitsACharacter) {
  const FakeTokenizer tokenizer(kPieces);
  ChoiceText choice(tokenizer, {.logprobs = true});
  const std::optional<TextPiece> half = choice.push(token(5));
  EXPECT_TRUE(!half || half->text.empty());
  const std::optional<TextPiece> whole = choice.push(token(6));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->text, "\xE2\x82\xAC");
  const std::optional<TextPiece> broken = choice.push(token(5, engine::FinishReason::kLength));
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->text, "\xEF\xBF\xBD");
}

TEST(ChoiceText, AStopStringAcrossTokensIsNeverSeen) {
  const FakeTokenizer tokenizer(kPieces);
  ChoiceText choice(tokenizer, {.stop = {"STOP"}, .logprobs = true});
  const Collected collected = run(choice, {token(1), token(2), token(7), token(8), token(3)});
  EXPECT_EQ(collected.text, "Hello");
  EXPECT_EQ(collected.finish, Finish::kStop);
  EXPECT_EQ(collected.stop_reason, StopReason::kStopString);
  EXPECT_EQ(collected.tokens, (std::vector<std::string>{"Hel", "lo"})) << "tokens of the stop string are not shown";
  EXPECT_TRUE(choice.stopped_by_text());
  EXPECT_EQ(choice.n_generated(), 4) << "tokens after the match do not count";
}

TEST(ChoiceText, WhatOnlyLooksLikeAStopStringIsReleased) {
  const FakeTokenizer tokenizer(kPieces);
  ChoiceText choice(tokenizer, {.stop = {"STAR"}, .logprobs = true});
  EXPECT_FALSE(choice.push(token(7)));
  const std::optional<TextPiece> piece = choice.push(token(8));
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->text, "STOP!");
  EXPECT_EQ(piece->logprobs.size(), 2U);
  ChoiceText ended(tokenizer, {.stop = {"STAR"}});
  EXPECT_EQ(run(ended, {token(7, engine::FinishReason::kLength)}).text, "ST");
}

TEST(ChoiceText, EchoPutsThePromptFirst) {
  const FakeTokenizer tokenizer(kPieces);
  ChoiceText choice(tokenizer, {.logprobs = true, .echo = "Hello\xC3\xA9", .n_echo_tokens = 3});
  std::vector<engine::TokenEvent> events{token(1), token(2), token(9)};
  for (engine::TokenEvent& event : events) {
    event.is_prompt = true;
  }
  events[0].logprob.reset();
  events.push_back(token(3));
  events.push_back(token(4, engine::FinishReason::kLength));
  const Collected collected = run(choice, events);
  EXPECT_EQ(collected.text, "Hello\xC3\xA9 world");
  EXPECT_EQ(collected.tokens, (std::vector<std::string>{"Hel", "lo", "\xC3\xA9", " wor", "ld"}));
  EXPECT_EQ(collected.offsets, (std::vector<std::int64_t>{0, 3, 5, 6, 10})) << "in characters, not bytes";
}

TEST(ChoiceText, EchoAloneScoresOnly) {
  const FakeTokenizer tokenizer(kPieces);
  ChoiceText choice(tokenizer, {.logprobs = true, .max_tokens = 0, .echo = "Hello", .n_echo_tokens = 2});
  std::vector<engine::TokenEvent> events{token(1), token(2)};
  for (engine::TokenEvent& event : events) {
    event.is_prompt = true;
  }
  events.push_back(ending(engine::FinishReason::kLength));
  const Collected collected = run(choice, events);
  EXPECT_EQ(collected.text, "Hello");
  EXPECT_EQ(collected.tokens.size(), 2U);
  EXPECT_EQ(collected.stop_reason, StopReason::kMaxTokens);
  EXPECT_EQ(choice.n_generated(), 0);
}

}  // namespace
}  // namespace hearth::backends
