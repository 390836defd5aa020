#include "engine/processors/processor_fixture.h"

namespace hearth::engine {
namespace {

TEST(Temperature, DividesLogits) {
  ProcessorFixture fixture;
  fixture.candidates = {{3, 4.0F}, {5, -2.0F}};
  fixture.params.temperature = 0.5F;
  fixture.apply(kTemperature);
  EXPECT_EQ(fixture.candidates[0].logit, 8);
  EXPECT_EQ(fixture.candidates[1].logit, -4);
}

}  // namespace
}  // namespace hearth::engine
