#include "gallery/store.h"

#include <gtest/gtest.h>

#include "net/test_folder.h"

namespace hearth::gallery {
namespace {

namespace fs = std::filesystem;
using net::write_text;

class StoreTest : public testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    const auto models = store_.list();
    for (const StoredModel& model : *models) result.push_back(model.name);
    return result;
  }

  net::TestFolder folder_;
  Store store_{folder_.path()};
};

TEST_F(StoreTest, ListsLooseFilesNamedFilesAndShards) {
  write_text(folder_ / "b.gguf", "GGUF");
  write_text(folder_ / "Tiny.Q4_1.gguf", "GGUF1234");
  write_text(folder_ / "tiny.yaml", "name: tiny\nparameters: {model: Tiny.Q4_1.gguf}\n");
  write_text(folder_ / "s-00001-of-00002.gguf", "GGUF");
  write_text(folder_ / "s-00002-of-00002.gguf", "GGUF56");
  write_text(folder_ / "odd-ending.bin", "GGUF");
  write_text(folder_ / "notes.txt", "not a model");
  write_text(folder_ / "half.gguf.partial", "GGUF");
  write_text(folder_ / ".hidden.gguf", "GGUF");
  write_text(folder_ / "wish.yaml", "name: wish\nparameters: {model: not-there.gguf}\n");
  EXPECT_EQ(names(), (std::vector<std::string>{"b", "odd-ending", "s", "tiny"}));
  const StoredModel tiny = *store_.find("tiny");
  EXPECT_EQ(tiny.file, folder_ / "Tiny.Q4_1.gguf");
  EXPECT_EQ(tiny.config, folder_ / "tiny.yaml");
  EXPECT_EQ(tiny.size_bytes, 8u);
  const StoredModel shards = *store_.find("s");
  EXPECT_EQ(shards.files.size(), 2u);
  EXPECT_EQ(shards.size_bytes, 10u);
}

TEST_F(StoreTest, AMissingFolderIsEmpty) {
  const Store store(folder_ / "none");
  ASSERT_TRUE(store.list());
  EXPECT_TRUE(store.list()->empty());
  EXPECT_EQ(store.find("a").error().code, ErrorCode::kNotFound);
}

TEST_F(StoreTest, FindsByNameFileAndStemAndByTheGallerysName) {
  write_text(folder_ / "SmolLM2-135M-Instruct.Q4_1.gguf", "GGUF");
  for (const char* name : {"SmolLM2-135M-Instruct.Q4_1", "SmolLM2-135M-Instruct.Q4_1.gguf",
                           "smollm2-135m-instruct.q4_1", "smollm2-135m-instruct", "SmolLM2-135M-Instruct"}) {
    EXPECT_TRUE(store_.find(name)) << name;
  }
  write_text(folder_ / "mine.yaml",
             "name: smollm2-135m-instruct\nparameters: {model: SmolLM2-135M-Instruct.Q4_1.gguf}\n");
  for (const char* name : {"SmolLM2-135M-Instruct.Q4_1", "SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2-135m-instruct"}) {
    const auto model = store_.find(name);
    ASSERT_TRUE(model) << name;
    EXPECT_EQ(model->name, "smollm2-135m-instruct");
  }
  const auto missing = store_.find("smol");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("installed: smollm2-135m-instruct"), std::string::npos)
      << missing.error().message;
}

TEST_F(StoreTest, ExactNamesComeBeforeLooseOnes) {
  write_text(folder_ / "a.gguf", "GGUF");
  write_text(folder_ / "A.gguf", "GGUF");
  EXPECT_EQ(store_.find("A")->file, folder_ / "A.gguf");
  EXPECT_EQ(store_.find("a.gguf")->file, folder_ / "a.gguf");
}

TEST_F(StoreTest, NoNameLeavesTheFolder) {
  const net::TestFolder outside;
  write_text(outside / "secret.gguf", "GGUF");
  const std::string escape = "../" + outside.path().filename().string() + "/secret.gguf";
  for (const std::string& name : {escape, (outside / "secret.gguf").string(), std::string(".."), std::string("")}) {
    const auto model = store_.find(name);
    ASSERT_FALSE(model) << name;
    EXPECT_EQ(model.error().code, ErrorCode::kInvalidArgument) << name;
  }
  write_text(folder_ / "evil.yaml", "name: evil\nparameters: {model: '" + escape + "'}\n");
  fs::create_directory_symlink(outside.path(), folder_ / "link");
  write_text(folder_ / "through.yaml", "name: through\nparameters: {model: link/secret.gguf}\n");
  EXPECT_TRUE(names().empty());
}

TEST_F(StoreTest, ALinkInTheFolderIsItsOwnersWill) {
  const net::TestFolder other_disk;
  write_text(other_disk / "big.gguf", "GGUF");
  fs::create_symlink(other_disk / "big.gguf", folder_ / "big.gguf");
  EXPECT_EQ(names(), std::vector<std::string>{"big"});
  ASSERT_TRUE(store_.remove("big"));
  EXPECT_TRUE(fs::exists(other_disk / "big.gguf"));
  EXPECT_FALSE(fs::is_symlink(folder_ / "big.gguf"));
}

TEST_F(StoreTest, AFolderBelowIsReachedByYaml) {
  fs::create_directory(folder_ / "sub");
  write_text(folder_ / "sub" / "a.gguf", "GGUF");
  write_text(folder_ / "a.yaml", "parameters: {model: sub/a.gguf}\n");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(StoreTest, ABrokenYamlHidesNothingElse) {
  write_text(folder_ / "a.gguf", "GGUF");
  write_text(folder_ / "broken.yaml", "name: [\n");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(StoreTest, RemovesAModelAndItsYamlButNothingShared) {
  write_text(folder_ / "a.gguf", "GGUF");
  write_text(folder_ / "b.gguf", "GGUF");
  write_text(folder_ / "b.gguf.partial", "GG");
  write_text(folder_ / "one.yaml", "name: one\nparameters: {model: a.gguf}\n");
  write_text(folder_ / "two.yaml", "name: two\nparameters: {model: a.gguf}\n");
  ASSERT_EQ(store_.remove("one").value(), std::vector<fs::path>{folder_ / "one.yaml"});
  EXPECT_TRUE(fs::exists(folder_ / "a.gguf"));
  ASSERT_TRUE(store_.remove("two"));
  EXPECT_FALSE(fs::exists(folder_ / "a.gguf"));
  ASSERT_TRUE(store_.remove("b.gguf"));
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  EXPECT_EQ(store_.remove("b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_.remove("../b").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(StoreTest, AYamlOfSeveralModelsIsNotRemoved) {
  write_text(folder_ / "a.gguf", "GGUF");
  write_text(folder_ / "b.gguf", "GGUF");
  write_text(folder_ / "all.yaml",
             "- {name: x, parameters: {model: a.gguf}}\n- {name: y, parameters: {model: b.gguf}}\n");
  EXPECT_EQ(store_.remove("x").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(names(), (std::vector<std::string>{"x", "y"}));
}

TEST(PlainFileName, RefusesWhatCouldLeaveAFolder) {
  for (const char* name : {"a.gguf", "a..b", "Größe.gguf", "a b"}) EXPECT_TRUE(is_plain_file_name(name)) << name;
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "/a", "a\\b", "a\nb"})
    EXPECT_FALSE(is_plain_file_name(name)) << name;
  EXPECT_FALSE(is_plain_file_name(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace hearth::gallery
