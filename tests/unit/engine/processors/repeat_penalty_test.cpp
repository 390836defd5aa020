#include "engine/processors/processor_fixture.h"

namespace hearth::engine {
namespace {

ProcessorFixture fixture_with(std::int32_t last_n) {
  ProcessorFixture fixture;
  fixture.logits = {4, -4, 4, 4};
  fixture.tokens = {2, 0, 1, 1, 0};
  fixture.n_prompt = 2;
  fixture.params.repeat_penalty = 2;
  fixture.params.repeat_last_n = last_n;
  return fixture;
}

TEST(RepeatPenalty, CountsATokenOncePromptIncluded) {
  ProcessorFixture fixture = fixture_with(-1);
  fixture.apply(kRepeatPenalty);
  EXPECT_EQ(fixture.logits, (std::vector<float>{2, -8, 2, 4}));
}

TEST(RepeatPenalty, LooksAtTheLastTokensOnly) {
  ProcessorFixture fixture = fixture_with(3);
  fixture.apply(kRepeatPenalty);
  EXPECT_EQ(fixture.logits, (std::vector<float>{2, -8, 4, 4}));
  const ProcessorFixture off = fixture_with(0);
  EXPECT_FALSE(kRepeatPenalty.active(off.params));
}

}  // namespace
}  // namespace hearth::engine
