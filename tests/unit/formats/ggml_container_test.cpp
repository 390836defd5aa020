#include "formats/ggml_container.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/ggml_builder.h"

namespace hearth::formats {
namespace {

using testing::HasSubstr;

Result<GgmlContainer> read(const GgmlBuilder& builder) {
  base::ByteReader reader(bytes_of(builder.bytes()));
  return read_ggml_container(reader);
}

TEST(GgmlContainer, TellsMagicAndVersion) {
  const auto ggml = read(GgmlBuilder().put(kGgmlMagic));
  ASSERT_TRUE(ggml) << ggml.error().message;
  EXPECT_EQ(to_string(*ggml), "ggml");
  EXPECT_EQ(ggml->alignment(), 1U);
  const auto ggmf = read(GgmlBuilder().put(kGgmfMagic).put(1));
  ASSERT_TRUE(ggmf) << ggmf.error().message;
  EXPECT_EQ(to_string(*ggmf), "ggmf v1");
  EXPECT_EQ(ggmf->alignment(), 1U);
  for (const std::uint32_t version : {1U, 2U, 3U}) {
    const auto ggjt = read(GgmlBuilder().put(kGgjtMagic).put(version));
    ASSERT_TRUE(ggjt) << ggjt.error().message;
    EXPECT_EQ(to_string(*ggjt), "ggjt v" + std::to_string(version));
    EXPECT_EQ(ggjt->alignment(), 32U);
  }
  const auto ggcc = read(GgmlBuilder().put(kGgccMagic).put(10));
  ASSERT_TRUE(ggcc) << ggcc.error().message;
  EXPECT_EQ(to_string(*ggcc), "ggcc v10");
  EXPECT_EQ(ggcc->alignment(), 32U);
}

TEST(GgmlContainer, RefusesUnknownVersions) {
  for (const auto& [magic, version] :
       {std::pair{kGgmfMagic, 2U}, {kGgjtMagic, 0U}, {kGgjtMagic, 4U}, {kGgccMagic, 9U}}) {
    const auto container = read(GgmlBuilder().put(magic).put(version));
    ASSERT_FALSE(container);
    EXPECT_EQ(container.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(container.error().message, HasSubstr("version " + std::to_string(version) + " is not known"));
  }
}

TEST(GgmlContainer, SaysThatAnAdapterIsNoModel) {
  const auto container = read(GgmlBuilder().put(0x67676c61U).put(1));
  ASSERT_FALSE(container);
  EXPECT_EQ(container.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(container.error().message, HasSubstr("LoRA adapter"));
}

TEST(GgmlContainer, RefusesOtherBytesAndShortFiles) {
  const auto other = read(GgmlBuilder().put(0x12345678U));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kCorruptFile);
  EXPECT_THAT(other.error().message, HasSubstr("found 12345678"));
  EXPECT_THAT(read(GgmlBuilder().raw("ab")).error().message, HasSubstr("magic at byte 0 needs 4 bytes"));
  EXPECT_THAT(read(GgmlBuilder().put(kGgjtMagic)).error().message, HasSubstr("version at byte 4 needs 4 bytes"));
}

}  // namespace
}  // namespace hearth::formats
