#include "text/stop_matcher.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

struct Outcome {
  std::string text;
  std::string matched;
};

Outcome run(std::vector<std::string> stops, const std::vector<std::string>& pieces) {
  StopMatcher matcher(std::move(stops));
  Outcome outcome;
  for (const std::string& piece : pieces) {
    const auto output = matcher.push(piece);
    outcome.text += output.text;
    if (output.stopped && outcome.matched.empty()) outcome.matched = output.matched;
  }
  outcome.text += matcher.flush();
  return outcome;
}

TEST(StopMatcher, FindsAStopStringAcrossPieces) {
  const Outcome outcome = run({"END"}, {"abcE", "N", "Dxyz", "more"});
  EXPECT_EQ(outcome.text, "abc");
  EXPECT_EQ(outcome.matched, "END");
}

TEST(StopMatcher, HoldsBackOnlyWhatCouldBecomeAStop) {
  StopMatcher matcher({"\n\nUser:"});
  EXPECT_EQ(matcher.push("a\n").text, "a");
  EXPECT_EQ(matcher.push("\n").text, "");
  EXPECT_EQ(matcher.push("\n").text, "\n");
  EXPECT_EQ(matcher.push("b").text, "\n\nb");
  EXPECT_EQ(matcher.push("\n\nUse").text, "");
  EXPECT_EQ(matcher.flush(), "\n\nUse");
}

TEST(StopMatcher, RepeatedBeginningsOfTheStopString) {
  EXPECT_EQ(run({"aab"}, {"a", "a", "a", "b", "c"}).text, "a");
  EXPECT_EQ(run({"aab"}, {"aaaa"}).text, "aaaa");
}

TEST(StopMatcher, TheMatchThatCompletesFirstWins) {
  EXPECT_EQ(run({"abcd", "bc"}, {"xabcd"}).matched, "bc");
  EXPECT_EQ(run({"abcd", "bc"}, {"xabcd"}).text, "xa");
  EXPECT_EQ(run({"bc", "abc"}, {"xabc"}).matched, "abc");
}

TEST(StopMatcher, EveryCutOfTheTextGivesTheSame) {
  const std::string text = "one\xE2\x82\xACtwo<|end|>three";
  for (std::size_t a = 0; a <= text.size(); ++a) {
    for (std::size_t b = a; b <= text.size(); ++b) {
      const Outcome outcome = run({"<|end|>", "|end|>"}, {text.substr(0, a), text.substr(a, b - a), text.substr(b)});
      ASSERT_EQ(outcome.text, "one\xE2\x82\xACtwo") << a << ' ' << b;
      ASSERT_EQ(outcome.matched, "<|end|>");
    }
  }
}

TEST(StopMatcher, WithoutStopsEverythingPasses) {
  EXPECT_EQ(run({}, {"a", "b"}).text, "ab");
  EXPECT_EQ(run({""}, {"a", "b"}).text, "ab");
}

}  // namespace
}  // namespace hearth::text
