#include "formats/gguf_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/gguf_builder.h"

namespace hearth::formats {
namespace {

using testing::HasSubstr;

Metadata split(std::int64_t number, std::int64_t count) {
  Metadata metadata;
  metadata.set("split.no", {number});
  metadata.set("split.count", {count});
  return metadata;
}

TEST(GgufShards, AShardMustBeWhatItsPlaceSays) {
  EXPECT_TRUE(check_gguf_shard(split(1, 3), 1, 3));
  EXPECT_TRUE(check_gguf_shard(Metadata{}, 0, 1));
  EXPECT_TRUE(check_gguf_shard(split(0, 0), 0, 1));
  EXPECT_FALSE(check_gguf_shard(split(2, 3), 1, 3));
  EXPECT_FALSE(check_gguf_shard(split(1, -3), 1, 3));
  EXPECT_FALSE(check_gguf_shard(split(1, 3), 1, 2));
  EXPECT_FALSE(check_gguf_shard(split(0, 3), 0, 1));
  EXPECT_FALSE(check_gguf_shard(Metadata{}, 1, 2));
}

}  // namespace
}  // namespace hearth::formats
