#include "formats/gguf_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/gguf_builder.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(GgufShards, ParsesTheNameOfAShard) {
  const auto shard = parse_shard_name("Qwen3-Q4_K_M-00002-of-00012.gguf");
  ASSERT_TRUE(shard);
  EXPECT_EQ(shard->base, "Qwen3-Q4_K_M");
  EXPECT_EQ(shard->number, 2);
  EXPECT_EQ(shard->count, 12);
}

TEST(GgufShards, OtherNamesAreNoShards) {
  for (const char* name :
       {"model.gguf", "-00001-of-00003.gguf", "m-00000-of-00003.gguf", "m-00004-of-00003.gguf", "m-0000a-of-00003.gguf",
        "m-00001-of-00003.bin", "m-00001_of-00003.gguf", "m-1-of-3.gguf", "m00001-of-00003.gguf", ""}) {
    EXPECT_FALSE(parse_shard_name(name)) << name;
  }
}

TEST(GgufShards, FindsAllFilesAndNamesTheMissingOne) {
  const auto folder = test_folder();
  const auto first = folder / "m-00001-of-00003.gguf";
  const auto second = folder / "m-00002-of-00003.gguf";
  const auto third = folder / "m-00003-of-00003.gguf";
  write_file(first, "x");
  write_file(third, "x");
  const auto incomplete = gguf_shard_paths(third);
  ASSERT_FALSE(incomplete);
  EXPECT_EQ(incomplete.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(incomplete.error().message, HasSubstr("shard 2 of 3 is missing: m-00002-of-00003.gguf"));
  write_file(second, "x");
  EXPECT_THAT(gguf_shard_paths(second).value(), ElementsAre(first, second, third));
  EXPECT_THAT(gguf_shard_paths(folder / "m.gguf").value(), ElementsAre(folder / "m.gguf"));
}

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
