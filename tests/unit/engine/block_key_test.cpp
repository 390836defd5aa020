#include "engine/block_key.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace hearth::engine {
namespace {

std::vector<TokenId> tokens_from(TokenId first) {
  std::vector<TokenId> tokens(32);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

TEST(BlockKey, NamesTokensAndEverythingBeforeThem) {
  const BlockKey root = root_key("weights", "");
  const BlockKey first = child_key(root, tokens_from(0));
  EXPECT_EQ(first, child_key(root, tokens_from(0)));
  EXPECT_NE(first, child_key(root, tokens_from(1)));
  EXPECT_NE(child_key(first, tokens_from(5)), child_key(root, tokens_from(5)));
}

TEST(BlockKey, RootKeepsIdentityAndSaltApart) {
  EXPECT_NE(root_key("ab", "c"), root_key("a", "bc"));
  EXPECT_NE(root_key("ab", ""), root_key("ab", "salt"));
  EXPECT_EQ(root_key("ab", "c"), root_key("ab", "c"));
}

}  // namespace
}  // namespace hearth::engine
