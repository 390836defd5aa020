#include "engine/processors/processors.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hearth::engine {
namespace {

std::vector<std::string> names(std::span<const LogitsProcessor> processors) {
  std::vector<std::string> result;
  for (const LogitsProcessor& processor : processors) {
    result.emplace_back(processor.name);
  }
  return result;
}

TEST(Processors, RunInTheDocumentedOrder) {
  EXPECT_EQ(names(vocabulary_processors()),
            (std::vector<std::string>{"logit_bias", "ignore_eos", "repeat_penalty", "presence_frequency"}));
  EXPECT_EQ(names(candidate_processors()), (std::vector<std::string>{"temperature", "top_k", "top_p", "min_p"}));
}

TEST(Processors, DefaultsChangeNothing) {
  const SamplingParams params;
  for (const LogitsProcessor& processor : vocabulary_processors()) {
    EXPECT_FALSE(processor.active(params)) << processor.name;
  }
  for (const LogitsProcessor& processor : candidate_processors()) {
    EXPECT_FALSE(processor.active(params)) << processor.name;
  }
}

}  // namespace
}  // namespace hearth::engine
