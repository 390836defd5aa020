#include "base/mapped_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace hearth::base {
namespace {

std::filesystem::path write_file(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(MappedFile, ShowsTheBytesAndKeepsThemAfterRelease) {
  const std::string text(20000, 'x');
  const auto file = MappedFile::open(write_file("mapped", text));
  ASSERT_TRUE(file);
  ASSERT_EQ(file->bytes().size(), text.size());
  file->release(file->bytes());
  EXPECT_EQ(static_cast<char>(file->bytes()[15000]), 'x');
}

TEST(MappedFile, AnEmptyFileHasNoBytes) {
  const auto file = MappedFile::open(write_file("empty", ""));
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, NamesTheMissingFile) {
  const auto file = MappedFile::open("/nonexistent/weights.gguf");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
  EXPECT_NE(file.error().message.find("/nonexistent/weights.gguf"), std::string::npos);
}

TEST(MappedFile, RefusesAFolder) {
  const auto file = MappedFile::open(testing::TempDir());
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth::base
