#include "engine/processors/processor_fixture.h"

namespace hearth::engine {
namespace {

TEST(IgnoreEos, BansStopIds) {
  ProcessorFixture fixture;
  fixture.logits = {1, 2, 3};
  fixture.stop_ids = {1, 2};
  fixture.params.ignore_eos = true;
  fixture.apply(kIgnoreEos);
  EXPECT_EQ(fixture.logits, (std::vector<float>{1, kMinusInfinity, kMinusInfinity}));
}

}  // namespace
}  // namespace hearth::engine
