#include "net/partial_file.h"

#include <gtest/gtest.h>

#include <thread>

#include "net/test_folder.h"

namespace hearth::net {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(PartialFile, RemembersItsBytesAndTheirOrigin) {
  const TestFolder folder;
  SilentProgress progress;
  {
    auto file = PartialFile::open(folder / "a", nullptr, progress);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->set_origin({"https://example.org/a", "\"one\"", "aa"}));
    ASSERT_TRUE(file->append(bytes_of("hello ")));
  }
  auto file = PartialFile::open(folder / "a", nullptr, progress);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size_bytes(), 6u);
  EXPECT_EQ(file->origin().url, "https://example.org/a");
  EXPECT_EQ(file->origin().validator, "\"one\"");
  EXPECT_EQ(file->origin().sha256, "aa");
  ASSERT_TRUE(file->hash_existing(nullptr));
  ASSERT_TRUE(file->append(bytes_of("world")));
  EXPECT_EQ(file->finish_hash(), "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(read_text(folder / "a"), "hello world");
  EXPECT_FALSE(fs::exists(folder / "a.partial"));
  EXPECT_FALSE(fs::exists(folder / "a.partial.origin"));
}

TEST(PartialFile, WithoutBytesNothingIsLeft) {
  const TestFolder folder;
  SilentProgress progress;
  {
    ASSERT_TRUE(PartialFile::open(folder / "a", nullptr, progress));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(PartialFile, ABrokenOriginCountsAsNone) {
  const TestFolder folder;
  SilentProgress progress;
  write_text(folder / "a.partial", "x");
  for (const char* text : {"", "{", "[]", R"({"url":7})"}) {
    write_text(folder / "a.partial.origin", text);
    auto file = PartialFile::open(folder / "a", nullptr, progress);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->origin().url, "") << text;
  }
}

TEST(PartialFile, ALinkIsNotFollowed) {
  const TestFolder folder;
  SilentProgress progress;
  write_text(folder / "victim", "precious");
  fs::create_symlink(folder / "victim", folder / "a.partial");
  EXPECT_FALSE(PartialFile::open(folder / "a", nullptr, progress));
  EXPECT_EQ(read_text(folder / "victim"), "precious");
}

TEST(PartialFile, ASecondOpenerWaitsAndSeesAFreshFile) {
  const TestFolder folder;
  SilentProgress progress;
  auto first = PartialFile::open(folder / "a", nullptr, progress);
  ASSERT_TRUE(first);
  ASSERT_TRUE(first->append(bytes_of("whole")));
  std::atomic<bool> opened = false;
  std::thread other([&] {
    auto second = PartialFile::open(folder / "a", nullptr, progress);
    ASSERT_TRUE(second);
    opened = true;
    EXPECT_EQ(second->size_bytes(), 0u);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  EXPECT_FALSE(opened);
  ASSERT_TRUE(first->commit());
  other.join();
  EXPECT_EQ(read_text(folder / "a"), "whole");
  EXPECT_FALSE(fs::exists(folder / "a.partial"));
}

TEST(PartialFile, WaitingCanBeCancelled) {
  const TestFolder folder;
  SilentProgress progress;
  auto first = PartialFile::open(folder / "a", nullptr, progress);
  ASSERT_TRUE(first);
  const std::atomic<bool> cancel = true;
  const auto second = PartialFile::open(folder / "a", &cancel, progress);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kCancelled);
}

TEST(PartialFile, ChecksTheRoomOnTheDisk) {
  const TestFolder folder;
  SilentProgress progress;
  auto file = PartialFile::open(folder / "a", nullptr, progress);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->check_room(1000));
  const auto status = file->check_room(std::uint64_t{1} << 60);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hearth::net
