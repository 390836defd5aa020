#include "formats/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "formats/gguf_builder.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

TEST(Gguf, OpensEveryContainerVersion) {
  struct Case {
    const char* folder;
    const char* container;
    std::int64_t hidden_dim;
    std::int64_t vocab_size;
  };
  for (const Case& fixture :
       {Case{"gguf-container-v1", "GGUF v1", 256, 480}, Case{"gguf-container-v2", "GGUF v2", 256, 480},
        Case{"gguf-llama-f32", "GGUF v3", 64, 320}, Case{"gguf-alignment-64", "GGUF v3", 256, 480}}) {
    const auto checkpoint = open_gguf(kGolden / fixture.folder / "model.gguf");
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->container, fixture.container);
    EXPECT_EQ(checkpoint->metadata.text("general.architecture"), "llama");
    EXPECT_EQ(checkpoint->metadata.integer("llama.embedding_length"), fixture.hidden_dim);
    const TensorView* embedding = checkpoint->find("token_embd.weight");
    ASSERT_NE(embedding, nullptr);
    EXPECT_THAT(embedding->shape, ElementsAre(fixture.vocab_size, fixture.hidden_dim));
    EXPECT_EQ(embedding->n_rows(), fixture.vocab_size);
    EXPECT_EQ(embedding->bytes.size(),
              static_cast<std::size_t>(quant::row_bytes(embedding->type, embedding->n_elements())));
    EXPECT_EQ(checkpoint->find("no.such.tensor"), nullptr);
  }
}

TEST(Gguf, JoinsShardsFromAnyOfTheirNames) {
  for (const char* name : {"model-00001-of-00003.gguf", "model-00003-of-00003.gguf"}) {
    const auto checkpoint = open_gguf(kGolden / "gguf-sharded" / name);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->files.size(), 3U);
    EXPECT_EQ(checkpoint->tensors.front().file_index, 0);
    EXPECT_EQ(checkpoint->tensors.back().file_index, 2);
    for (const TensorView& tensor : checkpoint->tensors) {
      const auto file = checkpoint->files[static_cast<std::size_t>(tensor.file_index)].bytes();
      EXPECT_GE(tensor.bytes.data(), file.data()) << tensor.name;
      EXPECT_LE(tensor.bytes.data() + tensor.bytes.size(), file.data() + file.size()) << tensor.name;
    }
    checkpoint->release(checkpoint->tensors.back());
  }
}

// One shard of two, with one tensor of 8 floats, or none.
std::string shard(std::uint16_t number, std::uint16_t count, std::int32_t n_tensors, bool with_tensor) {
  GgufBuilder builder;
  builder.scalar("split.no", GgufType::kU16, number).scalar("split.count", GgufType::kU16, count);
  builder.scalar("split.tensors.count", GgufType::kI32, n_tensors);
  if (with_tensor) {
    builder.tensor("t" + std::to_string(number), {8}, 0, 0).data(32);
  }
  return builder.bytes();
}

Result<Checkpoint> read_shards(const std::vector<std::string>& shards) {
  std::vector<NamedBytes> parts;
  for (const std::string& bytes : shards) {
    parts.push_back({"shard " + std::to_string(parts.size()), as_span(bytes)});
  }
  return read_gguf(parts);
}

TEST(Gguf, TheFirstShardMayHoldNoTensors) {
  const std::vector shards{shard(0, 2, 1, false), shard(1, 2, 1, true)};
  const auto checkpoint = read_shards(shards);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->tensors.size(), 1U);
  EXPECT_EQ(checkpoint->find("t1")->file_index, 1);
}

TEST(Gguf, RefusesShardsThatDoNotBelongTogether) {
  const auto message = [](const std::vector<std::string>& shards) {
    const auto checkpoint = read_shards(shards);
    return checkpoint ? std::string("opened") : checkpoint.error().message;
  };
  EXPECT_THAT(message({shard(0, 2, 2, true), shard(0, 2, 2, true)}),
              HasSubstr("shard 1: split.no must be 1 in this file, found 0"));
  EXPECT_THAT(message({shard(0, 2, 2, true), shard(1, 3, 2, true)}),
              HasSubstr("split.count is 3, but there are 2 files"));
  EXPECT_THAT(message({shard(0, 2, 5, true), shard(1, 2, 5, true)}),
              HasSubstr("split.tensors.count is 5, but the 2 shards hold 2 tensors"));
  EXPECT_THAT(message({shard(0, 2, 2, true), GgufBuilder().bytes()}), HasSubstr("split.count is missing in shard 2"));
  EXPECT_THAT(message({shard(0, 2, 2, true)}), HasSubstr("its name must end in -00001-of-00002.gguf"));
  EXPECT_THAT(message({shard(0, 1, 1, true)}), "opened");
  const auto twin = GgufBuilder()
                        .scalar("split.no", GgufType::kU16, std::uint16_t{1})
                        .scalar("split.count", GgufType::kU16, std::uint16_t{2})
                        .tensor("t0", {8}, 0, 0)
                        .data(32)
                        .bytes();
  EXPECT_THAT(message({shard(0, 2, 2, true), twin}), HasSubstr("two tensors have the name t0"));
}

TEST(Gguf, NamesTheFileInEveryError) {
  const auto path = test_folder() / "broken.gguf";
  write_file(path, "GGUF\x03");
  const auto checkpoint = open_gguf(path);
  ASSERT_FALSE(checkpoint);
  EXPECT_EQ(checkpoint.error().code, ErrorCode::kCorruptFile);
  EXPECT_THAT(checkpoint.error().message, HasSubstr(path.string() + ": version at byte 4 needs 4 bytes"));
}

}  // namespace
}  // namespace hearth::formats
