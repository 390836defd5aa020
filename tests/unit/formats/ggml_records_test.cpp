#include "formats/ggml_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>

#include "formats/ggml_builder.h"
#include "formats/ggml_encodings.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<std::vector<TensorView>> read(const std::string& bytes, std::size_t alignment = 1) {
  base::ByteReader reader(bytes_of(bytes));
  return read_ggml_records(reader, {.encoding = ggml_encodings({GgmlMagic::kGgjt, 3}, 0), .alignment = alignment});
}

std::string message(const GgmlBuilder& builder, std::size_t alignment = 1) {
  const auto tensors = read(builder.bytes(), alignment);
  EXPECT_FALSE(tensors);
  return tensors ? "" : tensors.error().message;
}

TEST(GgmlRecords, ReadsTensorsToTheEnd) {
  GgmlBuilder builder;
  builder.f32_tensor("matrix", {4, 3}, 10.0F).f32_tensor("vector", {2});
  const auto tensors = read(builder.bytes());
  ASSERT_TRUE(tensors) << tensors.error().message;
  ASSERT_EQ(tensors->size(), 2U);
  const TensorView& matrix = tensors->front();
  EXPECT_EQ(matrix.name, "matrix");
  EXPECT_EQ(matrix.type, quant::BlockType::kF32);
  EXPECT_THAT(matrix.shape, ElementsAre(3, 4));
  ASSERT_EQ(matrix.bytes.size(), 48U);
  float first = 0.0F;
  std::memcpy(&first, matrix.bytes.data(), sizeof(first));
  EXPECT_EQ(first, 10.0F);
  EXPECT_EQ(tensors->back().bytes.size(), 8U);
}

TEST(GgmlRecords, AlignsData) {
  GgmlBuilder builder;
  builder.f32_tensor("a", {1}, 5.0F, 32).f32_tensor("b", {1}, 6.0F, 32);
  const auto tensors = read(builder.bytes(), 32);
  ASSERT_TRUE(tensors) << tensors.error().message;
  for (const TensorView& tensor : *tensors) {
    EXPECT_EQ((reinterpret_cast<const char*>(tensor.bytes.data()) - builder.bytes().data()) % 32, 0) << tensor.name;
  }
  EXPECT_THAT(message(GgmlBuilder().head("a", 0, {1}), 32), HasSubstr("tensor a: the padding before its data"));
}

TEST(GgmlRecords, RefusesHeadsThatCannotBe) {
  EXPECT_THAT(message(GgmlBuilder().ints({0, 1, 0})), HasSubstr("tensor 0 at byte 0: 1 to 4 dimensions are expected"));
  EXPECT_THAT(message(GgmlBuilder().ints({-1, 1, 0})), HasSubstr("found 4294967295"));
  EXPECT_THAT(message(GgmlBuilder().ints({1, 0, 0, 1})), HasSubstr("a name of 1 to 256 bytes is expected, found 0"));
  EXPECT_THAT(message(GgmlBuilder().ints({1, -1, 0, 1})), HasSubstr("found 4294967295"));
  EXPECT_THAT(message(GgmlBuilder().head("t", 0, {0})), HasSubstr("dimension 0 must be at least 1, found 0"));
  EXPECT_THAT(message(GgmlBuilder().head("t", 0, {4, -4})), HasSubstr("dimension 1 must be at least 1, found -4"));
  constexpr std::int32_t kHuge = std::numeric_limits<std::int32_t>::max();
  EXPECT_THAT(message(GgmlBuilder().head("t", 0, {kHuge, kHuge, kHuge})),
              HasSubstr("overflows at dimension 1 of 2147483647"));
  EXPECT_THAT(message(GgmlBuilder().head("a b", 0, {1})), HasSubstr("printable text"));
  EXPECT_THAT(message(GgmlBuilder().head("t", 99, {1})), HasSubstr("tensor t: no encoding of ggml files since"));
}

TEST(GgmlRecords, ChecksDataAgainstTheFile) {
  EXPECT_THAT(message(GgmlBuilder().head("t", 0, {1 << 30, 1 << 20})),
              HasSubstr("tensor t: its F32 data at byte 21 needs 4503599627370496 bytes"));
  EXPECT_THAT(message(GgmlBuilder().head("t", 2, {33, 2}).raw(std::string(64, 'x'))),
              HasSubstr("rows of Q4_0 must be a multiple of 32 weights, found 33"));
}

TEST(GgmlRecords, HintsAtSmallSuperBlocks) {
  EXPECT_THAT(message(GgmlBuilder().head("t", 12, {64, 2}).raw(std::string(100, '\0'))), HasSubstr("QK_K=64"));
  // One super-block of Q4_K read where the file had another size: the next record does not start there.
  GgmlBuilder builder;
  builder.head("t", 12, {256, 1}).raw(std::string(144 + 20, '\0'));
  EXPECT_THAT(message(builder), HasSubstr("QK_K=64"));
  EXPECT_THAT(message(GgmlBuilder().f32_tensor("t", {1}).raw(std::string(20, '\0'))),
              testing::Not(HasSubstr("QK_K=64")));
}

TEST(GgmlRecords, RefusesEveryTruncation) {
  GgmlBuilder builder;
  builder.f32_tensor("matrix", {4, 3}).f32_tensor("vector", {2});
  const std::size_t first_end = 12 + 8 + 6 + 48;
  for (std::size_t size = 1; size < builder.bytes().size(); ++size) {
    const auto tensors = read(builder.bytes().substr(0, size));
    EXPECT_EQ(tensors.has_value(), size == first_end) << size;
  }
}

}  // namespace
}  // namespace hearth::formats
