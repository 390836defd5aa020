#include "model/single_sequence.h"

#include <gtest/gtest.h>

#include <vector>

#include "model/fixture.h"

namespace hearth::model {
namespace {

TEST(SingleSequenceTest, RewindingRepeatsTheSameLogits) {
  cpu::ThreadPool pool(1);
  const auto model = testing::load_fixture("gguf-llama-f32", pool);
  SingleSequence sequence = SingleSequence::create(*model, KvType::kF16, 64).value();
  const std::vector<std::int32_t> tokens = {1, 17, 42, 5, 99, 200};
  const LogitsReport first = report_logits(sequence, tokens, 512, 3).value();
  EXPECT_EQ(sequence.position(), 8);
  sequence.rewind(0);
  const LogitsReport second = report_logits(sequence, tokens, 512, 3).value();
  EXPECT_EQ(first.last_logits, second.last_logits);
  EXPECT_EQ(first.generated, second.generated);
  sequence.rewind(3);
  const LogitsReport rest = report_logits(sequence, std::span(tokens).subspan(3), 512, 3).value();
  EXPECT_EQ(rest.last_logits, first.last_logits);
}

TEST(SingleSequenceTest, PositionsAreThoseOfTheSequence) {
  cpu::ThreadPool pool(1);
  const auto model = testing::load_fixture("gguf-llama-f32", pool);
  SingleSequence sequence = SingleSequence::create(*model, KvType::kF16, 64).value();
  std::vector<std::int64_t> positions;
  const std::vector<std::int32_t> tokens = {1, 17, 42, 5, 99};
  ASSERT_TRUE(sequence.feed(tokens, 2, /*only_last=*/false, [&](std::int64_t position, std::span<const float> logits) {
    positions.push_back(position);
    EXPECT_EQ(logits.size(), 320U);
  }));
  EXPECT_EQ(positions, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST(SingleSequenceTest, BadTokensAndTooManyAreErrors) {
  cpu::ThreadPool pool(1);
  const auto model = testing::load_fixture("gguf-llama-f32", pool);
  SingleSequence sequence = SingleSequence::create(*model, KvType::kF16, 4).value();
  for (const std::vector<std::int32_t>& tokens : {std::vector<std::int32_t>{1, 320}, {-1}, {1, 2, 3, 4, 5}, {}}) {
    const auto report = report_logits(sequence, tokens, 512, 0);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(sequence.position(), 0);
  }
}

TEST(SingleSequenceTest, GreedyTakesTheLowestOfEquals) {
  EXPECT_EQ(greedy_token(std::vector<float>{0.0F, 2.0F, 1.0F, 2.0F}), 1);
}

}  // namespace
}  // namespace hearth::model
