#include "gallery/weights.h"

#include <gtest/gtest.h>

#include "net/test_folder.h"

namespace hearth::gallery {
namespace {

namespace fs = std::filesystem;
using net::write_text;

const std::string kZip = "PK\x03\x04 and so on";
const std::string kPickle = "\x80\x02}q";
const std::string kSafetensors = std::string("\2\0\0\0\0\0\0\0{}", 10);
const std::string kPointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";

class WeightsTest : public testing::Test {
 protected:
  bool is_weights(const std::string& name, const std::string& content) {
    write_text(folder_ / name, content);
    return is_weights_file(folder_ / name);
  }

  net::TestFolder folder_;
};

TEST_F(WeightsTest, LooseFilesOfEveryContainer) {
  for (const char* name : {"a.gguf", "a.gguf.bin", "a"}) EXPECT_TRUE(is_weights(name, "GGUF")) << name;
  for (const char* magic : {"lmgg", "tjgg", "ccgg", "fmgg\1\0\0\0", "fmgg\x64"}) {
    EXPECT_TRUE(is_weights("ggml-koala-7b-model-q4_0-r2.bin", magic)) << magic;
    EXPECT_TRUE(is_weights("rwkv_small", magic)) << magic;
  }
  EXPECT_TRUE(is_weights("RWKV-4-Pile-169M.pth", kZip));
  EXPECT_TRUE(is_weights("old.pth", kPickle));
}

TEST_F(WeightsTest, NeighboursAndOtherFilesAreNoModels) {
  const std::pair<const char*, std::string> cases[] = {{"tokenizer.json", R"({"version":"1.0"})"},
                                                       {"tokenizer.model", "\n\x0e\n\x05<unk>"},
                                                       {"rwkv_small.tokenizer.json", "{}"},
                                                       {"rwkv_vocab_v20230424.txt", "1 '\\x00' 1\n"},
                                                       {"lora.bin", "algg"},
                                                       {"adapter_model.bin", kZip},
                                                       {"archive.zip", kZip},
                                                       {"training_args.bin", kZip},
                                                       {"rng_state.pth", kZip},
                                                       {"half.gguf.partial", "GGUF"},
                                                       {"notes.txt", "notes"},
                                                       {"page.html", "<html>"}};
  for (const auto& [name, content] : cases) EXPECT_FALSE(is_weights(name, content)) << name;
}

TEST_F(WeightsTest, HubFilesNeedTheirConfig) {
  EXPECT_FALSE(is_weights("model.safetensors", kSafetensors));
  EXPECT_FALSE(is_weights("pytorch_model.bin", kZip));
  write_text(folder_ / "config.json", "{}");
  EXPECT_TRUE(is_weights("model.safetensors", kSafetensors));
  EXPECT_TRUE(is_weights("pytorch_model.bin", kZip));
}

TEST_F(WeightsTest, WhatWentWrongIsStillNamed) {
  for (const char* name : {"a.gguf", "a.bin", "a.safetensors", "a.pth"}) {
    EXPECT_TRUE(is_weights(name, kPointer)) << name;
    EXPECT_TRUE(is_weights(name, "<!DOCTYPE html>")) << name;
    EXPECT_TRUE(is_weights(name, "")) << name;
  }
}

TEST_F(WeightsTest, PartsOfAnOldFileFollowIt) {
  EXPECT_TRUE(is_weights("m.bin", "lmgg"));
  EXPECT_FALSE(is_weights("m.bin.1", "lmgg"));
  write_text(folder_ / "m.bin.2", "lmgg");
  EXPECT_EQ(numbered_parts(folder_ / "m.bin").size(), 2U);
  EXPECT_TRUE(is_weights("alone.3", "lmgg"));
}

TEST_F(WeightsTest, AFolderIsReadInOneFormat) {
  EXPECT_EQ(weights_in_folder(folder_.path()).n_models, 0U);
  write_text(folder_ / "config.json", "{}");
  EXPECT_EQ(weights_in_folder(folder_.path()).n_models, 0U);
  write_text(folder_ / "pytorch_model.bin", kZip);
  EXPECT_EQ(weights_in_folder(folder_.path()).files, std::vector<fs::path>{folder_ / "pytorch_model.bin"});
  write_text(folder_ / "model-00001-of-00002.safetensors", kSafetensors);
  write_text(folder_ / "model-00002-of-00002.safetensors", kSafetensors);
  write_text(folder_ / "consolidated.safetensors", kSafetensors);
  const FolderWeights weights = weights_in_folder(folder_.path());
  EXPECT_EQ(weights.n_models, 1U);
  EXPECT_EQ(weights.files.size(), 2U);
  write_text(folder_ / "a.gguf", "GGUF");
  EXPECT_EQ(weights_in_folder(folder_.path()).files, std::vector<fs::path>{folder_ / "a.gguf"});
}

TEST_F(WeightsTest, GgufFilesInAFolderAreModelsOfTheirOwn) {
  write_text(folder_ / "m-00001-of-00002.gguf", "GGUF");
  write_text(folder_ / "m-00002-of-00002.gguf", "GGUF");
  write_text(folder_ / "mmproj-m.gguf", "GGUF");
  EXPECT_EQ(weights_in_folder(folder_.path()).n_models, 1U);
  write_text(folder_ / "other.bin", "tjgg");
  EXPECT_EQ(weights_in_folder(folder_.path()).n_models, 2U);
}

}  // namespace
}  // namespace hearth::gallery
