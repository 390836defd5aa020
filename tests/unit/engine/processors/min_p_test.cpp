#include <cmath>

#include "engine/processors/processor_fixture.h"

namespace hearth::engine {
namespace {

TEST(MinP, DropsWhatIsFarBelowTheBest) {
  ProcessorFixture fixture;
  fixture.candidates = {{0, std::log(0.05F)}, {1, std::log(0.6F)}, {2, std::log(0.25F)}, {3, std::log(0.1F)}};
  fixture.params.min_p = 0.2F;
  fixture.apply(kMinP);
  EXPECT_EQ(fixture.candidate_tokens(), (std::vector<TokenId>{1, 2}));
}

TEST(MinP, KeepsTheBestInAnyCase) {
  ProcessorFixture fixture;
  fixture.candidates = {{0, 1}, {1, 2}};
  fixture.params.min_p = 3;
  fixture.apply(kMinP);
  EXPECT_EQ(fixture.candidate_tokens(), (std::vector<TokenId>{1}));
}

}  // namespace
}  // namespace hearth::engine
