#include "formats/companion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "formats/test_files.h"

namespace hearth::formats {
namespace {

using testing::HasSubstr;

TEST(Companion, IsReadFromTheFolderOrBesideTheFile) {
  const auto folder = test_folder();
  write_file(folder / "merges.txt", "a b");
  write_file(folder / "model.bin", "x");
  EXPECT_EQ(read_companion(folder, "merges.txt").value(), "a b");
  EXPECT_EQ(read_companion(folder, "vocab.json").value(), std::nullopt);
  Checkpoint checkpoint;
  checkpoint.path = folder / "model.bin";
  EXPECT_EQ(read_companion(checkpoint, "merges.txt").value(), "a b");
  EXPECT_EQ(companion_folder("model.bin"), ".");
}

TEST(Companion, MustBeAPlainFileOfTheFolder) {
  const auto folder = test_folder();
  std::filesystem::create_directory(folder / "sub");
  write_file(folder / "sub" / "x", "x");
  for (const char* name : {"", ".", "..", "sub/x", "/etc/hostname"}) {
    EXPECT_EQ(read_companion(folder, name).error().code, ErrorCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(read_companion(folder, "sub").value(), std::nullopt);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_companion(folder, "pipe").value(), std::nullopt);
}

TEST(Companion, SaysWhatIsWrongWithIt) {
  const auto folder = test_folder();
  write_file(folder / "tokenizer.json", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_THAT(read_companion(folder, "tokenizer.json").error().message,
              HasSubstr("tokenizer.json: the file is a Git LFS pointer"));
  write_file(folder / "big", "0123456789");
  EXPECT_THAT(read_companion(folder, "big", 9).error().message, HasSubstr("has 10 bytes, at most 9 are read"));
  EXPECT_EQ(read_companion(folder, "big", 10).value(), "0123456789");
}

}  // namespace
}  // namespace hearth::formats
