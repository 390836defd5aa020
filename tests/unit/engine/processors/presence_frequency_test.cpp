#include "engine/processors/processor_fixture.h"

namespace hearth::engine {
namespace {

TEST(PresenceFrequency, CountsGeneratedTokensOnly) {
  ProcessorFixture fixture;
  fixture.logits = {10, 10, 10, 10};
  fixture.tokens = {3, 3, 0, 1, 1, 1};
  fixture.n_prompt = 2;
  fixture.params.presence_penalty = 1;
  fixture.params.frequency_penalty = 0.5F;
  fixture.apply(kPresenceFrequency);
  EXPECT_EQ(fixture.logits, (std::vector<float>{8.5F, 7.5F, 10, 10}));
}

TEST(PresenceFrequency, NegativeOnesEncourage) {
  ProcessorFixture fixture;
  fixture.logits = {1, 1};
  fixture.tokens = {0, 0};
  fixture.params.frequency_penalty = -2;
  fixture.apply(kPresenceFrequency);
  EXPECT_EQ(fixture.logits, (std::vector<float>{5, 1}));
}

}  // namespace
}  // namespace hearth::engine
