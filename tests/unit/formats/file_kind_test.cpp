#include "formats/file_kind.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hearth::formats {
namespace {

using namespace std::string_view_literals;

FileKind sniff_text(std::string_view text) {
  return sniff({reinterpret_cast<const std::byte*>(text.data()), text.size()});
}

TEST(FileKind, TellsContainersByTheirFirstBytes) {
  EXPECT_EQ(sniff_text("GGUF\3\0\0\0"sv), FileKind::kGguf);
  EXPECT_EQ(sniff_text("lmgg\0\0\0\0"sv), FileKind::kGgml);
  EXPECT_EQ(sniff_text("fmgg\1\0\0\0"sv), FileKind::kGgml);
  EXPECT_EQ(sniff_text("fmgg\x65\0\0\0"sv), FileKind::kRwkvCpp);
  EXPECT_EQ(sniff_text("tjgg\3\0\0\0"sv), FileKind::kGgml);
  EXPECT_EQ(sniff_text("algg\1\0\0\0"sv), FileKind::kGgmlLora);
  EXPECT_EQ(sniff_text("ccgg\x0a\0\0\0"sv), FileKind::kGgcc);
  EXPECT_EQ(sniff_text("PK\3\4"sv), FileKind::kTorchZip);
  EXPECT_EQ(sniff_text("\x80\2\x8a"sv), FileKind::kPickle);
  EXPECT_EQ(sniff_text("\x10\0\0\0\0\0\0\0{\"a\""sv), FileKind::kSafetensors);
  EXPECT_EQ(sniff_text("version https://git-lfs.github.com/spec/v1\noid sha256:"sv), FileKind::kGitLfsPointer);
  EXPECT_EQ(sniff_text("<!DOCTYPE html>"sv), FileKind::kHtml);
}

TEST(FileKind, ShortAndForeignFilesAreSurvived) {
  EXPECT_EQ(sniff_text(""), FileKind::kEmpty);
  EXPECT_EQ(sniff_text("G"), FileKind::kUnknown);
  EXPECT_EQ(sniff_text("fmgg"), FileKind::kGgml);
  EXPECT_EQ(sniff_text("\x10\0\0\0\0\0\0\0"sv), FileKind::kUnknown);
  EXPECT_EQ(sniff_text("\xff\xff\xff\xff\xff\xff\xff\xff{"sv), FileKind::kUnknown);
  EXPECT_EQ(sniff_text("just some text"), FileKind::kUnknown);
}

TEST(FileKind, EveryKindHasAName) {
  for (int kind = 0; kind <= static_cast<int>(FileKind::kUnknown); ++kind) {
    EXPECT_FALSE(describe_kind(static_cast<FileKind>(kind)).empty()) << kind;
  }
}

TEST(FileKind, TheErrorSaysWhatTheFileIs) {
  const Error pointer = cannot_open("x.bin", FileKind::kGitLfsPointer);
  EXPECT_EQ(pointer.code, ErrorCode::kCorruptFile);
  EXPECT_EQ(pointer.message.find("x.bin: the file is a Git LFS pointer"), 0U) << pointer.message;
  EXPECT_EQ(cannot_open("x.bin", FileKind::kGgmlLora).code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace hearth::formats
