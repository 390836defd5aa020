#include "gallery/shards.h"

#include <gtest/gtest.h>

namespace hearth::gallery {
namespace {

TEST(Shards, AreToldByName) {
  const auto shard = parse_shard_name("my-model-00002-of-00013.gguf");
  ASSERT_TRUE(shard);
  EXPECT_EQ(shard->base, "my-model");
  EXPECT_EQ(shard->index, 2);
  EXPECT_EQ(shard->count, 13);
  for (const char* name : {"m-00001-of-00002.safetensors", "pytorch_model-00001-of-00002.bin"})
    EXPECT_TRUE(parse_shard_name(name)) << name;
  for (const char* name :
       {"model.gguf", "-00001-of-00002.gguf", "model-00000-of-00002.gguf", "model-00003-of-00002.gguf",
        "model-0001-of-00002.gguf", "model-00001-of-00002.txt", "model-00001-of-0000x.gguf", ""}) {
    EXPECT_FALSE(parse_shard_name(name)) << name;
  }
}

TEST(Shards, TheFirstStandsForAll) {
  EXPECT_EQ(all_shards("a/m-00001-of-00002.gguf"),
            (std::vector<std::string>{"a/m-00001-of-00002.gguf", "a/m-00002-of-00002.gguf"}));
  EXPECT_EQ(all_shards("m-00001-of-00002.bin"),
            (std::vector<std::string>{"m-00001-of-00002.bin", "m-00002-of-00002.bin"}));
  EXPECT_EQ(all_shards("m-00002-of-00002.gguf").size(), 1u);
  EXPECT_EQ(all_shards("m-00001-of-99999.gguf").size(), 1u);
  EXPECT_EQ(all_shards("m.gguf"), std::vector<std::string>{"m.gguf"});
}

}  // namespace
}  // namespace hearth::gallery
