#include "formats/hf_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "formats/safetensors_builder.h"
#include "formats/test_files.h"

namespace hearth::formats {
namespace {

using testing::HasSubstr;

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

std::string one_tensor(const std::string& name) {
  return safetensors_bytes(R"({")" + name + R"(":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", "ab");
}

Error error_of(const WeightFiles& weights) {
  const auto checkpoint = open_hf(weights, weights.files.front().parent_path());
  return checkpoint ? Error{ErrorCode::kInternal, "it was opened", {}} : checkpoint.error();
}

TEST(HfCheckpoint, JoinsShardsAndReadsTheConfiguration) {
  const auto folder = test_folder();
  write_file(folder / "1", one_tensor("a"));
  write_file(folder / "2", one_tensor("b"));
  write_file(folder / "config.json", R"({"model_type":"llama"})");
  const auto checkpoint = open_hf({{folder / "1", folder / "2"}, {}}, folder);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->convention, Convention::kHf);
  EXPECT_EQ(checkpoint->container, "safetensors");
  EXPECT_EQ(checkpoint->metadata.text("model_type"), "llama");
  ASSERT_NE(checkpoint->find("b"), nullptr);
  EXPECT_EQ(checkpoint->find("b")->file_index, 1);
  checkpoint->release(*checkpoint->find("b"));
}

TEST(HfCheckpoint, TheIndexDecidesWhichCopyOfATensorCounts) {
  const auto folder = test_folder();
  write_file(folder / "config.json", "{}");
  write_file(folder / "1", one_tensor("a"));
  write_file(folder / "2", one_tensor("a"));
  const auto mapped = open_hf({{folder / "1", folder / "2"}, {{"a", "2"}}}, folder);
  ASSERT_TRUE(mapped) << mapped.error().message;
  ASSERT_EQ(mapped->tensors.size(), 1U);
  EXPECT_EQ(mapped->tensors[0].file_index, 1);
  EXPECT_THAT(error_of({{folder / "1", folder / "2"}, {}}).message, HasSubstr("two tensors have the name a"));
  EXPECT_THAT(error_of({{folder / "1"}, {{"b", "1"}}}).message, HasSubstr("1: the tensor b is missing"));
}

TEST(HfCheckpoint, NamesTheFileThatIsWrong) {
  const auto folder = test_folder();
  write_file(folder / "model.safetensors", one_tensor("a"));
  EXPECT_THAT(error_of({{folder / "model.safetensors"}, {}}).message, HasSubstr("config.json is missing"));
  write_file(folder / "model.safetensors", one_tensor("a").substr(0, one_tensor("a").size() - 1));
  EXPECT_THAT(error_of({{folder / "model.safetensors"}, {}}).message,
              HasSubstr("model.safetensors: tensor a: the data"));
  write_file(folder / "model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
  EXPECT_THAT(error_of({{folder / "model.safetensors"}, {}}).message, HasSubstr("the file is a Git LFS pointer"));
  EXPECT_EQ(error_of({{folder / "absent"}, {}}).code, ErrorCode::kNotFound);
}

TEST(HfCheckpoint, RwkvNeedsNoConfiguration) {
  const auto folder = test_folder();
  const std::string tensor = R"(:{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  write_file(folder / "x.safetensors",
             safetensors_bytes(R"({"emb.weight")" + tensor + R"(,"blocks.0.att.receptance.weight")" + tensor +
                               R"(,"blocks.0.att.key.weight")" + tensor + "}"));
  const auto checkpoint = open_hf({{folder / "x.safetensors"}, {}}, folder / "x.safetensors");
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->convention, Convention::kRwkv);
  EXPECT_EQ(checkpoint->metadata.text("rwkv.version"), "4");
  EXPECT_EQ(checkpoint->metadata.boolean("rwkv.is_transformed"), false);
}

TEST(HfCheckpoint, TakesBitsAndGroupsOfTheFirstGptqFilesFromTheirName) {
  const auto folder = test_folder();
  write_file(folder / "config.json", "{}");
  const auto quantization = [&](const char* name) {
    write_file(folder / name, safetensors_bytes(R"({"a.qweight":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},)"
                                                R"("a.g_idx":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}})",
                                                "01234567"));
    const auto checkpoint = open_hf({{folder / name}, {}}, folder);
    EXPECT_TRUE(checkpoint);
    const Metadata metadata = checkpoint ? checkpoint->metadata : Metadata{};
    return std::pair(metadata.integer("quantization_config.bits"), metadata.integer("quantization_config.group_size"));
  };
  EXPECT_EQ(quantization("llama-7b-4bit-128g.safetensors"), std::pair(std::optional(4L), std::optional(128L)));
  EXPECT_EQ(quantization("llama-7b-3bit.safetensors"), std::pair(std::optional(3L), std::optional(-1L)));
  write_file(folder / "awq-4bit-128g.safetensors", one_tensor("a.qweight"));
  EXPECT_FALSE(open_hf({{folder / "awq-4bit-128g.safetensors"}, {}}, folder)
                   ->metadata.contains("quantization_config.quant_method"));
  EXPECT_EQ(quantization("bit-4.safetensors").first, std::nullopt);
  EXPECT_EQ(quantization("model.safetensors").first, std::nullopt);
}

// Every fixture of these containers, opened as a folder or as its file, has what its description says.
TEST(HfCheckpoint, OpensEveryFixture) {
  int n_opened = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    const auto files = {entry.path() / "model.safetensors", entry.path() / "model.safetensors.index.json",
                        entry.path() / "output.safetensors"};
    if (std::ranges::none_of(files, [](const auto& file) { return std::filesystem::exists(file); })) {
      continue;
    }
    const auto checkpoint = open_checkpoint(entry.path());
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->convention, Convention::kHf);
    EXPECT_EQ(checkpoint->path, entry.path());
    EXPECT_TRUE(checkpoint->metadata.text("model_type"));
    EXPECT_GT(checkpoint->tensors.size(), 10U) << entry.path();
    ++n_opened;
  }
  EXPECT_GE(n_opened, 40);
}

TEST(HfCheckpoint, AFixtureHasItsTensors) {
  const auto checkpoint = open_checkpoint(kGolden / "hf-llama-bf16-sharded" / "model-00002-of-00003.safetensors");
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->files.size(), 3U);
  EXPECT_EQ(checkpoint->tensors.size(), 21U);
  const TensorView* embedding = checkpoint->find("model.embed_tokens.weight");
  ASSERT_NE(embedding, nullptr);
  EXPECT_EQ(embedding->type, quant::BlockType::kBf16);
  EXPECT_EQ(embedding->n_rows(), 320);
  EXPECT_EQ(embedding->n_cols(), checkpoint->metadata.integer("hidden_size"));
  const auto gptq = open_checkpoint(kGolden / "gptq-4bit-64g-old-name");
  ASSERT_TRUE(gptq) << gptq.error().message;
  EXPECT_EQ(gptq->metadata.text("quantization_config.quant_method"), "gptq");
  EXPECT_EQ(gptq->metadata.integer("quantization_config.group_size"), 64);
  EXPECT_EQ(gptq->find("model.layers.0.self_attn.q_proj.qweight")->type, quant::BlockType::kI32);
}

}  // namespace
}  // namespace hearth::formats
