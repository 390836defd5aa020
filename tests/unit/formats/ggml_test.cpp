#include "formats/ggml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "formats/ggml_builder.h"

namespace hearth::formats {
namespace {

using testing::HasSubstr;

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

TEST(Ggml, OpensEveryContainer) {
  struct Case {
    const char* folder;
    const char* container;
    const char* encoding;
  };
  for (const Case& fixture :
       {Case{"ggml-unversioned-q4_0", "ggml", "Q4_0_GEN1"}, Case{"ggmf-v1-q4_1", "ggmf v1", "Q4_1_GEN1"},
        Case{"ggjt-v1-q4_2", "ggjt v1", "Q4_2"}, Case{"ggjt-v1-q8_0", "ggjt v1", "Q8_0_GEN1"},
        Case{"ggjt-v2-q4_0", "ggjt v2", "Q4_0_GEN2"}, Case{"ggjt-v2-q5_1", "ggjt v2", "Q5_1"},
        Case{"ggjt-v3-q4_0", "ggjt v3", "Q4_0"}, Case{"ggjt-v3-q6_k", "ggjt v3", "Q6_K"}}) {
    const auto path = kGolden / fixture.folder / "model.bin";
    const auto checkpoint = open_ggml(path);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->container, fixture.container);
    EXPECT_EQ(checkpoint->convention, Convention::kGgml);
    EXPECT_EQ(checkpoint->path, path);
    EXPECT_EQ(checkpoint->metadata.text("general.architecture"), "llama");
    const TensorView* query = checkpoint->find("layers.0.attention.wq.weight");
    ASSERT_NE(query, nullptr);
    EXPECT_EQ(quant::info(query->type).name, fixture.encoding);
  }
}

class SplitModel : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "hearth-ggml-test";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }
  static std::string half(std::int32_t n_layer = 1) {
    GgmlBuilder builder;
    builder.put(kGgmfMagic).put(1).ints({1, 4, 2, 1, n_layer, 4, 0}).text("a").put(0.0F);
    builder.f32_tensor("tok_embeddings.weight", {2, 1}).f32_tensor("layers.0.attention.wq.weight", {4, 2});
    return builder.bytes();
  }

  std::filesystem::path folder_;
};

TEST_F(SplitModel, OpensFromEitherPart) {
  const auto first = write("m.bin", half());
  const auto second = write("m.bin.1", half());
  for (const auto& path : {first, second}) {
    const auto checkpoint = open_ggml(path);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->files.size(), 2U);
    EXPECT_EQ(checkpoint->files.front().path(), first);
    EXPECT_EQ(checkpoint->find("tok_embeddings.weight")->n_cols(), 4);
    EXPECT_EQ(checkpoint->find("layers.0.attention.wq.weight")->n_rows(), 4);
  }
}

TEST_F(SplitModel, NamesThePartThatIsMissing) {
  const auto checkpoint = open_ggml(write("m.bin", half()));
  ASSERT_FALSE(checkpoint);
  EXPECT_EQ(checkpoint.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(checkpoint.error().message, HasSubstr("split into 2 files, and m.bin.1 is not beside it"));
}

TEST_F(SplitModel, RefusesPartsOfDifferentModels) {
  write("m.bin.1", half(2));
  const auto checkpoint = open_ggml(write("m.bin", half(1)));
  ASSERT_FALSE(checkpoint);
  EXPECT_THAT(checkpoint.error().message, HasSubstr("ggml.n_layer is expected to be 1 as in the first part, found 2"));
}

TEST_F(SplitModel, NamesTheFile) {
  const auto path = write("m.bin", half().substr(0, 30));
  EXPECT_THAT(open_ggml(path).error().message, HasSubstr(path.string()));
}

TEST(Ggml, RefusesTwoTensorsOfOneName) {
  GgmlBuilder builder = tiny_llama(kGgmlMagic, 0);
  builder.f32_tensor("norm.weight", {4});
  const NamedBytes part{"model", bytes_of(builder.bytes())};
  const auto checkpoint = read_ggml({&part, 1});
  ASSERT_FALSE(checkpoint);
  EXPECT_THAT(checkpoint.error().message, HasSubstr("model: two tensors have the name norm.weight"));
}

TEST(Ggml, WantsAsManyPartsAsTheModelHas) {
  const std::string bytes = tiny_llama(kGgmlMagic, 0).bytes();
  const std::vector<NamedBytes> parts(2, NamedBytes{"model", bytes_of(bytes)});
  const auto checkpoint = read_ggml(parts);
  ASSERT_FALSE(checkpoint);
  EXPECT_THAT(checkpoint.error().message, HasSubstr("split into 1 files, but 2 are given"));
}

}  // namespace
}  // namespace hearth::formats
