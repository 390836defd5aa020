#include "formats/rwkv_cpp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "formats/ggml_builder.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

GgmlBuilder header(std::uint32_t version, std::int32_t n_vocab = 2) {
  return GgmlBuilder().put(kGgmfMagic).put(version).ints({n_vocab, 4, 1, 0});
}

GgmlBuilder tiny(std::uint32_t version) {
  return header(version).f32_tensor("emb.weight", {4, 2}).f32_tensor("blocks.0.att.receptance.weight", {4, 4});
}

std::string message(const std::string& bytes) {
  const auto checkpoint = read_rwkv_cpp(bytes_of(bytes));
  EXPECT_FALSE(checkpoint);
  return checkpoint ? "" : checkpoint.error().message;
}

TEST(RwkvCpp, OpensEveryVersion) {
  struct Case {
    const char* folder;
    const char* container;
    const char* version;
    const char* encoding;
  };
  for (const Case& fixture :
       {Case{"rwkv-v4-ggml-f16", "rwkv.cpp v101", "4", "F16"}, Case{"rwkv-v4-ggml-q5_0", "rwkv.cpp v101", "4", "Q5_0"},
        Case{"rwkv-v4-ggml-q4_0-v100", "rwkv.cpp v100", "4", "Q4_0_GEN1"},
        Case{"rwkv-v5.1-ggml-q8_0", "rwkv.cpp v101", "5.1", "Q8_0"},
        Case{"rwkv-v5.2-ggml-f16", "rwkv.cpp v101", "5.2", "F16"},
        Case{"rwkv-v6-ggml-q5_1", "rwkv.cpp v101", "6", "Q5_1"}, Case{"rwkv-v7-ggml-f16", "rwkv.cpp v101", "7", "F16"},
        Case{"rwkv-upstream-5v1-730K-q5_0", "rwkv.cpp v101", "5.1", "Q5_0"}}) {
    const auto checkpoint = open_rwkv_cpp(kGolden / fixture.folder / "model.bin");
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->container, fixture.container);
    EXPECT_EQ(checkpoint->convention, Convention::kRwkv);
    EXPECT_EQ(checkpoint->metadata.text("rwkv.version"), fixture.version) << fixture.folder;
    EXPECT_EQ(checkpoint->metadata.boolean("rwkv.is_transformed"), true);
    const TensorView* key = checkpoint->find("blocks.0.att.key.weight");
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(quant::info(key->type).name, fixture.encoding) << fixture.folder;
    EXPECT_EQ(checkpoint->metadata.integer("rwkv.n_embed"), key->n_cols());
  }
}

TEST(RwkvCpp, ReadsNumbersAndTensors) {
  const GgmlBuilder builder = tiny(101);
  const auto checkpoint = read_rwkv_cpp(bytes_of(builder.bytes()));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->metadata.text("general.architecture"), "rwkv");
  EXPECT_EQ(checkpoint->metadata.integer("rwkv.n_vocab"), 2);
  EXPECT_EQ(checkpoint->metadata.integer("rwkv.n_layer"), 1);
  EXPECT_THAT(checkpoint->find("emb.weight")->shape, ElementsAre(2, 4));
}

TEST(RwkvCpp, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(message(tiny(102).bytes()), HasSubstr("version 100 to 101 are read, found 102"));
  EXPECT_THAT(message("GGUFGGUF"), HasSubstr("starts with ggmf, found 46554747"));
  EXPECT_THAT(message(header(101, -1).bytes()), HasSubstr("n_vocab at byte 8: 1 to 16777216 is expected, found -1"));
  EXPECT_THAT(message(header(101).head("emb.weight", 4, {32, 2}).bytes()),
              HasSubstr("tensor emb.weight: no encoding of rwkv.cpp files of version 101 has the number 4"));
  EXPECT_THAT(message(header(101).f32_tensor("emb.weight", {4, 2}).bytes()),
              HasSubstr("blocks.0.att.receptance.weight or emb.weight is missing"));
  EXPECT_THAT(message(tiny(100).f32_tensor("emb.weight", {4, 2}).bytes()), HasSubstr("two tensors have the name"));
}

TEST(RwkvCpp, RefusesEveryTruncation) {
  const std::string bytes = tiny(100).bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(message(bytes.substr(0, size)).empty());
  }
}

TEST(RwkvCpp, NamesTheFile) {
  EXPECT_THAT(open_rwkv_cpp(kGolden / "gguf-llama-f32" / "model.gguf").error().message,
              HasSubstr("model.gguf: an rwkv"));
  EXPECT_EQ(open_rwkv_cpp(kGolden / "no-such-file").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth::formats
