#include "engine/processors/processor_fixture.h"

namespace hearth::engine {
namespace {

TEST(LogitBias, AddsAndBans) {
  ProcessorFixture fixture;
  fixture.logits = {1, 2, 3, 4};
  fixture.params.logit_bias = {{0, 1.5F}, {2, -99.0F}, {3, -100.0F}};
  fixture.apply(kLogitBias);
  EXPECT_EQ(fixture.logits, (std::vector<float>{2.5F, 2, -96, kMinusInfinity}));
}

}  // namespace
}  // namespace hearth::engine
