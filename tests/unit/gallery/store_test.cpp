#include "gallery/store.h"

#include <gtest/gtest.h>

#include "net/test_folder.h"

namespace hearth::gallery {
namespace {

namespace fs = std::filesystem;
using net::write_text;

const std::string kTorchZip = "PK\x03\x04 and so on";
const std::string kSafetensors = std::string("\2\0\0\0\0\0\0\0{}", 10);

class StoreTest : public testing::Test {
 protected:
  // What a hub's repository holds beside its weights.
  void make_hub_folder(const std::string& name) {
    fs::create_directories(folder_ / name);
    write_text(folder_ / name / "config.json", "{}");
    write_text(folder_ / name / "tokenizer.model", "\n\x0e");
    write_text(folder_ / name / "tokenizer.json", "{}");
    write_text(folder_ / name / "training_args.bin", kTorchZip);
  }

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
  write_text(folder_ / "itself.yaml", "name: itself\nparameters: {model: ./}\n");
  // The link itself is its owner's will; a YAML from elsewhere does not reach through it.
  EXPECT_EQ(names(), std::vector<std::string>{"link"});
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

TEST_F(StoreTest, AFolderIsOneModelNamedAfterIt) {
  make_hub_folder("opt-125m");
  write_text(folder_ / "opt-125m" / "pytorch_model.bin", kTorchZip);
  fs::create_directories(folder_ / "opt-125m" / ".git" / "lfs");
  write_text(folder_ / "opt-125m" / ".git" / "lfs" / "old.gguf", "GGUF");
  make_hub_folder("only-a-config");
  fs::create_directory(folder_ / "rwkv");
  write_text(folder_ / "rwkv" / "RWKV-4-169M.pth", kTorchZip);
  EXPECT_EQ(names(), (std::vector<std::string>{"opt-125m", "rwkv"}));
  const StoredModel model = *store_.find("OPT-125M");
  EXPECT_TRUE(model.is_folder);
  EXPECT_EQ(model.file, folder_ / "opt-125m");
  EXPECT_EQ(model.files, std::vector<fs::path>{folder_ / "opt-125m" / "pytorch_model.bin"});
  EXPECT_EQ(model.size_bytes, kTorchZip.size());
}

TEST_F(StoreTest, AYamlNamesAFolderOrAHubsRepository) {
  make_hub_folder("orca-GPTQ");
  write_text(folder_ / "orca-GPTQ" / "model.safetensors", kSafetensors);
  write_text(folder_ / "orca.yaml", "name: orca\nparameters: {model: TheBloke/orca-GPTQ}\n");
  make_hub_folder("facebook/opt-125m");
  write_text(folder_ / "facebook" / "opt-125m" / "model.safetensors", kSafetensors);
  write_text(folder_ / "vllm.yaml", "name: vllm\nparameters: {model: facebook/opt-125m/}\n");
  write_text(folder_ / "wish.yaml", "name: wish\nparameters: {model: facebook/opt-350m}\n");
  EXPECT_EQ(names(), (std::vector<std::string>{"orca", "vllm"}));
  EXPECT_EQ(store_.find("orca")->file, folder_ / "orca-GPTQ");
  EXPECT_EQ(store_.find("vllm")->file, folder_ / "facebook" / "opt-125m");
  EXPECT_EQ(store_.find("orca-GPTQ")->name, "orca");
}

TEST_F(StoreTest, AFolderOfSeveralModelsIsAGroup) {
  fs::create_directory(folder_ / "quants");
  write_text(folder_ / "quants" / "m.Q4_0.gguf", "GGUF");
  write_text(folder_ / "quants" / "m.Q8_0.gguf", "GGUF");
  make_hub_folder("org/repo");
  write_text(folder_ / "org" / "repo" / "model.safetensors", kSafetensors);
  make_hub_folder("org/deep/er");
  write_text(folder_ / "org" / "deep" / "er" / "model.safetensors", kSafetensors);
  EXPECT_EQ(names(), (std::vector<std::string>{"org/repo", "quants/m.Q4_0", "quants/m.Q8_0"}));
  EXPECT_EQ(store_.find("org/repo")->file, folder_ / "org" / "repo");
  EXPECT_EQ(store_.find("m.Q8_0.gguf")->name, "quants/m.Q8_0");
}

TEST_F(StoreTest, RemovingAFolderTakesAllOfItUnlessAYamlUsesAPart) {
  make_hub_folder("hub");
  write_text(folder_ / "hub" / "model.safetensors", kSafetensors);
  make_hub_folder("used");
  write_text(folder_ / "used" / "model.safetensors", kSafetensors);
  write_text(folder_ / "used" / "m.gguf", "GGUF");
  write_text(folder_ / "all.yaml", "name: all\nparameters: {model: used}\n");
  write_text(folder_ / "one.yaml", "name: one\nparameters: {model: used/m.gguf}\n");
  EXPECT_EQ(store_.remove("hub").value(), std::vector<fs::path>{folder_ / "hub"});
  EXPECT_FALSE(fs::exists(folder_ / "hub"));
  EXPECT_EQ(store_.remove("all").value(), std::vector<fs::path>{folder_ / "all.yaml"});
  EXPECT_TRUE(fs::exists(folder_ / "used" / "model.safetensors"));
}

TEST_F(StoreTest, RemovingALinkedFolderKeepsWhatItPointsTo) {
  const net::TestFolder elsewhere;
  write_text(elsewhere / "config.json", "{}");
  write_text(elsewhere / "model.safetensors", kSafetensors);
  fs::create_directory_symlink(elsewhere.path(), folder_ / "linked");
  EXPECT_EQ(store_.remove("linked").value(), std::vector<fs::path>{folder_ / "linked"});
  EXPECT_TRUE(fs::exists(elsewhere / "model.safetensors"));
}

TEST_F(StoreTest, ShardsAndPartsAreOneModelEach) {
  write_text(folder_ / "config.json", "{}");
  write_text(folder_ / "m-00001-of-00002.safetensors", kSafetensors);
  write_text(folder_ / "m-00002-of-00002.safetensors", kSafetensors);
  write_text(folder_ / "llama-13b.bin", "lmgg....");
  write_text(folder_ / "llama-13b.bin.1", "lmgg....");
  EXPECT_EQ(names(), (std::vector<std::string>{"llama-13b", "m"}));
  EXPECT_EQ(store_.find("llama-13b")->files.size(), 2U);
  EXPECT_EQ(store_.find("m")->size_bytes, 2 * kSafetensors.size());
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
