#include "formats/shard_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/test_files.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ShardName, ParsesTheNameOfAShard) {
  const auto shard = parse_shard_name("Qwen3-Q4_K_M-00002-of-00012.gguf", ".gguf");
  ASSERT_TRUE(shard);
  EXPECT_EQ(shard->base, "Qwen3-Q4_K_M");
  EXPECT_EQ(shard->number, 2);
  EXPECT_EQ(shard->count, 12);
}

TEST(ShardName, OtherNamesAreNoShards) {
  for (const char* name :
       {"model.gguf", "-00001-of-00003.gguf", "m-00000-of-00003.gguf", "m-00004-of-00003.gguf", "m-0000a-of-00003.gguf",
        "m-00001-of-00003.bin", "m-00001_of-00003.gguf", "m-1-of-3.gguf", "m00001-of-00003.gguf", ""}) {
    EXPECT_FALSE(parse_shard_name(name, ".gguf")) << name;
  }
}

TEST(ShardName, FindsAllFilesAndNamesTheMissingOne) {
  const auto folder = test_folder();
  const auto first = folder / "m-00001-of-00003.gguf";
  const auto second = folder / "m-00002-of-00003.gguf";
  const auto third = folder / "m-00003-of-00003.gguf";
  write_file(first, "x");
  write_file(third, "x");
  const auto incomplete = shard_paths(third, ".gguf");
  ASSERT_FALSE(incomplete);
  EXPECT_EQ(incomplete.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(incomplete.error().message, HasSubstr("shard 2 of 3 is missing: m-00002-of-00003.gguf"));
  write_file(second, "x");
  EXPECT_THAT(shard_paths(second, ".gguf").value(), ElementsAre(first, second, third));
  EXPECT_THAT(shard_paths(folder / "m.gguf", ".gguf").value(), ElementsAre(folder / "m.gguf"));
}

}  // namespace
}  // namespace hearth::formats
