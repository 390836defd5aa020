#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "formats/checkpoint.h"
#include "formats/gguf_builder.h"

namespace hearth::formats {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

const std::filesystem::path kGolden = HEARTH_GOLDEN_FOLDER;

Error error_of(const std::filesystem::path& path) {
  const auto checkpoint = open_checkpoint(path);
  return checkpoint ? Error{ErrorCode::kInternal, "it was opened", {}} : checkpoint.error();
}

TEST(OpenCheckpoint, OpensAFileAFolderAndShards) {
  EXPECT_TRUE(open_checkpoint(kGolden / "gguf-llama-f32" / "model.gguf"));
  EXPECT_TRUE(open_checkpoint(kGolden / "gguf-llama-f32"));
  const auto shards = open_checkpoint(kGolden / "gguf-sharded");
  ASSERT_TRUE(shards) << shards.error().message;
  EXPECT_EQ(shards->files.size(), 3U);
}

TEST(OpenCheckpoint, AFolderMustHoldOneModel) {
  const auto folder = test_folder();
  EXPECT_EQ(error_of(folder).code, ErrorCode::kNotFound);
  EXPECT_THAT(error_of(folder).message, HasSubstr("holds no model (a .gguf, .safetensors"));
  write_file(folder / "mmproj-model.gguf", GgufBuilder().bytes());
  write_file(folder / "a.gguf", GgufBuilder().bytes());
  EXPECT_TRUE(open_checkpoint(folder));
  write_file(folder / "b-00001-of-00002.gguf", GgufBuilder().bytes());
  write_file(folder / "b-00002-of-00002.gguf", GgufBuilder().bytes());
  EXPECT_EQ(error_of(folder).code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error_of(folder).message, HasSubstr("holds 2 models, name one of them: a.gguf, b-00001-of-00002.gguf"));
}

TEST(OpenCheckpoint, AFolderMayHoldOtherThings) {
  const auto folder = test_folder();
  std::filesystem::create_directory(folder / ".git");
  std::filesystem::create_directory(folder / "model.safetensors");
  write_file(folder / ".git" / "x.gguf", "GGUF");
  write_file(folder / "README.md", "# GGUF is explained here");
  EXPECT_EQ(error_of(folder).code, ErrorCode::kNotFound) << error_of(folder).message;
  // A model without an ending is found by its content.
  std::filesystem::remove(folder / "README.md");
  write_file(folder / "llama", GgufBuilder().bytes());
  const auto found = open_checkpoint(folder);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->path, folder);
  write_file(folder / "other", GgufBuilder().bytes());
  EXPECT_THAT(error_of(folder).message, HasSubstr("holds 2 models, name one of them: llama, other"));
}

TEST(OpenCheckpoint, OpensSafetensorsAsAFolderAndAsAFile) {
  const auto as_folder = open_checkpoint(kGolden / "hf-llama-f32");
  ASSERT_TRUE(as_folder) << as_folder.error().message;
  const auto as_file = open_checkpoint(kGolden / "hf-llama-f32" / "model.safetensors");
  ASSERT_TRUE(as_file) << as_file.error().message;
  EXPECT_EQ(as_folder->tensors.size(), as_file->tensors.size());
  EXPECT_EQ(as_folder->metadata.entries().size(), as_file->metadata.entries().size());
}

TEST(OpenCheckpoint, SaysWhatAnotherFileIs) {
  const auto folder = test_folder();
  const auto write = [&](const std::string& bytes) {
    write_file(folder / "model.bin", bytes);
    return error_of(folder / "model.bin");
  };
  const Error ggml = write("tjgg\3\0\0\0"s);
  EXPECT_EQ(ggml.code, ErrorCode::kCorruptFile);
  EXPECT_THAT(ggml.message, HasSubstr("model.bin: ggjt v3: read as llama: n_vocab at byte 8 needs 4 bytes"));
  EXPECT_EQ(error_of(folder).message, ggml.message);
  EXPECT_THAT(write("algg\1\0\0\0"s).message, HasSubstr("model.bin: the file is a LoRA adapter of 2023"));
  EXPECT_THAT(write("fmgg\x64\0\0\0"s).message, HasSubstr("model.bin: n_vocab at byte 8 needs 4 bytes"));
  const Error pointer = write("version https://git-lfs.github.com/spec/v1\n");
  EXPECT_EQ(pointer.code, ErrorCode::kCorruptFile);
  EXPECT_THAT(pointer.message, HasSubstr("Git LFS pointer"));
  EXPECT_THAT(write("").message, HasSubstr("the file is empty"));
  EXPECT_THAT(write("hello").message, HasSubstr("no model file that Hearth knows"));
}

TEST(OpenCheckpoint, NamesWhatDoesNotExistOrIsNoFile) {
  const auto folder = test_folder();
  EXPECT_EQ(error_of(folder / "absent.gguf").code, ErrorCode::kNotFound);
  EXPECT_THAT(error_of(folder / "absent.gguf").message, HasSubstr("absent.gguf: no such file or folder"));
  ASSERT_EQ(mkfifo((folder / "pipe.gguf").c_str(), 0600), 0);
  EXPECT_EQ(error_of(folder / "pipe.gguf").code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth::formats
