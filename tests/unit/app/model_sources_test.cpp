#include "app/model_sources.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace hearth::app {
namespace {

class ModelSourcesTest : public ::testing::Test {
 protected:
  ModelSourcesTest() {
    folder_ = std::filesystem::temp_directory_path() / ("hearth-sources-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    add_weights("a.gguf");
  }
  ~ModelSourcesTest() override { std::filesystem::remove_all(folder_); }

  void add_weights(const std::string& name) {
    std::filesystem::copy_file(std::filesystem::path(HEARTH_GOLDEN_FOLDER) / "gguf-llama-f32" / "model.gguf",
                               folder_ / name);
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  static std::vector<std::string> names(const std::vector<backends::ModelSource>& sources) {
    std::vector<std::string> names;
    for (const backends::ModelSource& source : sources) {
      names.push_back(source.name);
    }
    return names;
  }

  std::filesystem::path folder_;
};

TEST_F(ModelSourcesTest, JoinsWeightsWithTheirYaml) {
  write("warm.yaml", "name: warm\nparameters:\n  model: a.gguf\n  temperature: 0.25\n");
  ModelSources sources(folder_);
  const auto list = sources.list(true);
  ASSERT_TRUE(list) << list.error().message;
  const auto warm = std::ranges::find(*list, "warm", &backends::ModelSource::name);
  ASSERT_NE(warm, list->end());
  EXPECT_EQ(warm->file.filename(), "a.gguf");
  EXPECT_EQ(warm->config.parameters.temperature, 0.25);
  EXPECT_GT(warm->size_bytes, 0U);
  EXPECT_GT(warm->modified, 0);
}

TEST_F(ModelSourcesTest, AFolderIsOneModelWithItsTokenizer) {
  std::filesystem::create_directories(folder_ / "hub");
  write("hub/config.json", "{}");
  write("hub/first.safetensors", std::string("\2\0\0\0\0\0\0\0{}", 10));
  write("hub/second.safetensors", std::string("\2\0\0\0\0\0\0\0{}", 10));
  write("hub/own.json", "{}");
  write("shared.json", "{}");
  write("one.yaml",
        "- {name: plain, parameters: {model: hub, tokenizer: shared.json}}\n"
        "- {name: picked, model_base_name: second, parameters: {model: hub, tokenizer: some/hub-name}}\n");
  ModelSources sources(folder_);
  const auto list = sources.list(true);
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(names(*list), (std::vector<std::string>{"a", "picked", "plain"}));
  EXPECT_EQ(list->at(1).file, folder_ / "hub" / "second.safetensors");
  EXPECT_TRUE(list->at(1).tokenizer.empty());
  EXPECT_EQ(list->at(2).file, folder_ / "hub");
  EXPECT_TRUE(list->at(2).is_folder);
  EXPECT_EQ(list->at(2).tokenizer, folder_ / "shared.json");
  // A file that is replaced inside does not touch the folder itself.
  const auto later = std::filesystem::file_time_type::clock::now() + std::chrono::hours(1);
  std::filesystem::last_write_time(folder_ / "hub" / "own.json", later);
  const auto again = sources.list(true);
  EXPECT_GT(again->at(2).modified, list->at(2).modified);
}

TEST_F(ModelSourcesTest, AFreshLookSeesNewFilesAtOnce) {
  ModelSources sources(folder_);
  EXPECT_EQ(names(*sources.list(false)), std::vector<std::string>{"a"});
  add_weights("b.gguf");
  EXPECT_EQ(names(*sources.list(true)), (std::vector<std::string>{"a", "b"}));
}

TEST_F(ModelSourcesTest, AnEmptyOrAbsentFolderIsAnEmptyList) {
  ModelSources sources(folder_ / "none");
  const auto list = sources.list(true);
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->empty());
}

}  // namespace
}  // namespace hearth::app
