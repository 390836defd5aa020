#include "engine/processors/processor_fixture.h"

namespace hearth::engine {
namespace {

TEST(TopK, KeepsTheBestBestFirst) {
  ProcessorFixture fixture;
  fixture.candidates = {{0, 1}, {1, 3}, {2, 2}, {3, 3}, {4, 0}};
  fixture.params.top_k = 3;
  fixture.apply(kTopK);
  EXPECT_EQ(fixture.candidate_tokens(), (std::vector<TokenId>{1, 3, 2}));
}

TEST(TopK, MoreThanThereAreKeepsAll) {
  ProcessorFixture fixture;
  fixture.candidates = {{0, 1}, {1, 3}};
  fixture.params.top_k = 50;
  fixture.apply(kTopK);
  EXPECT_EQ(fixture.candidate_tokens(), (std::vector<TokenId>{1, 0}));
}

}  // namespace
}  // namespace hearth::engine
