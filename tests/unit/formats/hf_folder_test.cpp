#include "formats/hf_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "formats/test_files.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HfFolder : public testing::Test {
 protected:
  HfFolder() : folder_(test_folder()) {}

  void add(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      write_file(folder_ / name, "x");
    }
  }

  Result<std::optional<WeightFiles>> find() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      files.push_back(entry.path());
    }
    return find_weight_files(folder_, files);
  }

  // The names of the files that were chosen; the message of the error.
  std::vector<std::string> found() {
    const auto weights = find();
    if (!weights) {
      return {weights.error().message};
    }
    std::vector<std::string> names;
    if (*weights) {
      for (const auto& file : (*weights)->files) {
        names.push_back(file.filename().string());
      }
    }
    return names;
  }

  std::filesystem::path folder_;
};

TEST_F(HfFolder, WithoutWeightsNothingIsFound) {
  add({"README.md", "config.json", "adapter_model.safetensors", "training_args.bin", "optimizer.pt",
       "rng_state_0.pth"});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(HfFolder, ModelSafetensorsGoesFirst) {
  add({"model.safetensors", "consolidated.safetensors", "pytorch_model.bin", "other.safetensors", "x.pth"});
  EXPECT_THAT(found(), ElementsAre("model.safetensors"));
}

TEST_F(HfFolder, TheOnlyOtherSafetensorsGoesBeforePyTorch) {
  add({"pytorch_model.bin", "consolidated.safetensors", "llama-4bit-128g.safetensors", "adapter_model.safetensors"});
  EXPECT_THAT(found(), ElementsAre("llama-4bit-128g.safetensors"));
  add({"second.safetensors"});
  EXPECT_THAT(found(),
              ElementsAre(HasSubstr("holds 2 models, name one of them: llama-4bit-128g.safetensors, second.safe")));
  add({"output.safetensors"});
  EXPECT_THAT(found(), ElementsAre("output.safetensors"));
}

TEST_F(HfFolder, PyTorchFilesComeLast) {
  add({"a.pth", "training_args.bin"});
  EXPECT_THAT(found(), ElementsAre("a.pth"));
  add({"b.pt"});
  EXPECT_THAT(found(), ElementsAre(HasSubstr("holds 2 models, name one of them: a.pth, b.pt")));
  add({"consolidated.safetensors"});
  EXPECT_THAT(found(), ElementsAre("consolidated.safetensors"));
  add({"pytorch_model.bin"});
  EXPECT_THAT(found(), ElementsAre("pytorch_model.bin"));
}

TEST_F(HfFolder, FindsTheNamesOfGptq) {
  add({"a.safetensors", "gptq_model-4bit-128g.safetensors", "model.safetensors"});
  write_file(folder_ / "quantize_config.json", R"({"bits":4,"group_size":128})");
  EXPECT_THAT(found(), ElementsAre("gptq_model-4bit-128g.safetensors"));
  write_file(folder_ / "quantize_config.json", R"({"bits":4,"group_size":128,"model_file_base_name":"a"})");
  EXPECT_THAT(found(), ElementsAre("a.safetensors"));
  for (const char* other : {"{", "[]", R"({"bits":"4"})", R"({"model_file_base_name":"../x","bits":2,"group_size":-1})",
                            R"({"model_file_base_name":""})"}) {
    write_file(folder_ / "quantize_config.json", other);
    EXPECT_THAT(found(), ElementsAre("model.safetensors")) << other;
  }
}

TEST_F(HfFolder, FindsNumberedShards) {
  add({"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"});
  EXPECT_THAT(found(), ElementsAre("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"));
  const auto by_file = weight_files_of(folder_ / "model-00002-of-00002.safetensors");
  ASSERT_TRUE(by_file) << by_file.error().message;
  EXPECT_EQ(by_file->files.size(), 2U);
  std::filesystem::remove(folder_ / "model-00001-of-00002.safetensors");
  EXPECT_THAT(found(), ElementsAre(HasSubstr("shard 1 of 2 is missing: model-00001-of-00002.safetensors")));
}

TEST_F(HfFolder, ReadsTheIndex) {
  add({"pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin", "unrelated.bin"});
  write_file(folder_ / "pytorch_model.bin.index.json",
             R"({"metadata":{},"weight_map":{"a":"pytorch_model-00001-of-00002.bin","b":"unrelated.bin"}})");
  const auto weights = find();
  ASSERT_TRUE(weights && *weights);
  EXPECT_THAT(found(), ElementsAre("pytorch_model-00001-of-00002.bin", "unrelated.bin"));
  EXPECT_EQ((*weights)->weight_map.at("b"), "unrelated.bin");
  EXPECT_EQ(weight_files_of(folder_ / "pytorch_model-00001-of-00002.bin")->weight_map.size(), 2U);
  // The index does not know the second file, so it is one of the shards that its name tells of.
  EXPECT_EQ(weight_files_of(folder_ / "pytorch_model-00002-of-00002.bin")->weight_map.size(), 0U);
  EXPECT_EQ(weight_files_of(folder_ / "unrelated.bin")->files.size(), 1U);
}

TEST_F(HfFolder, RefusesAWrongIndex) {
  const auto message = [&](const char* index) {
    write_file(folder_ / "model.safetensors.index.json", index);
    const auto weights = find();
    return weights ? "it was read" : weights.error().message;
  };
  EXPECT_THAT(message(R"({"weight_map":{"a":"absent.safetensors"}})"),
              HasSubstr("the index names absent.safetensors, which is missing"));
  EXPECT_THAT(message(R"({"weight_map":{"a":"../model.safetensors"}})"), HasSubstr("the file of tensor a must be"));
  EXPECT_THAT(message(R"({"weight_map":{"a":".."}})"), HasSubstr("the file of tensor a must be"));
  EXPECT_THAT(message(R"({"weight_map":{"a":1}})"), HasSubstr("the file of tensor a must be"));
  EXPECT_THAT(message(R"({"weight_map":{}})"), HasSubstr("\"weight_map\" must be an object"));
  EXPECT_THAT(message(R"({"weight_map":[]})"), HasSubstr("\"weight_map\" must be an object"));
  EXPECT_THAT(message("{}"), HasSubstr("\"weight_map\" must be an object"));
  EXPECT_THAT(message("[]"), HasSubstr("\"weight_map\" must be an object"));
  EXPECT_THAT(message("{"), HasSubstr("model.safetensors.index.json: line 1"));
}

}  // namespace
}  // namespace hearth::formats
