#include "formats/gguf_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "formats/gguf_builder.h"

namespace hearth::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Metadata read_metadata(GgufBuilder& builder) {
  const std::string bytes = builder.bytes();
  auto checkpoint = read_one(bytes);
  EXPECT_TRUE(checkpoint) << checkpoint.error().message;
  return checkpoint ? std::move(checkpoint->metadata) : Metadata{};
}

std::string message_of(GgufBuilder& builder) {
  const std::string bytes = builder.bytes();
  const auto checkpoint = read_one(bytes);
  return checkpoint ? "it was read" : checkpoint.error().message;
}

TEST(GgufValues, IntegersOfEveryWidthAreIntegers) {
  GgufBuilder builder;
  builder.scalar("u8", GgufType::kU8, std::uint8_t{200}).scalar("i8", GgufType::kI8, std::int8_t{-7});
  builder.scalar("u16", GgufType::kU16, std::uint16_t{60000}).scalar("i16", GgufType::kI16, std::int16_t{-7});
  builder.scalar("u32", GgufType::kU32, 4000000000U).scalar("i32", GgufType::kI32, -7);
  builder.scalar("u64", GgufType::kU64, std::uint64_t{1} << 40).scalar("i64", GgufType::kI64, std::int64_t{-7});
  builder.scalar("huge", GgufType::kU64, std::numeric_limits<std::uint64_t>::max());
  const Metadata metadata = read_metadata(builder);
  EXPECT_EQ(metadata.integer("u8"), 200);
  EXPECT_EQ(metadata.integer("u16"), 60000);
  EXPECT_EQ(metadata.integer("u32"), 4000000000);
  EXPECT_EQ(metadata.integer("u64"), std::int64_t{1} << 40);
  for (const char* key : {"i8", "i16", "i32", "i64"}) {
    EXPECT_EQ(metadata.integer(key), -7) << key;
  }
  EXPECT_EQ(metadata.integer("huge"), std::nullopt);
  EXPECT_EQ(metadata.number("huge"), 0x1p64);
}

TEST(GgufValues, ReadsFloatsBooleansAndTexts) {
  GgufBuilder builder;
  builder.scalar("f32", GgufType::kF32, 0.5F).scalar("f64", GgufType::kF64, 0.1);
  builder.scalar("no", GgufType::kBool, std::uint8_t{0}).scalar("yes", GgufType::kBool, std::uint8_t{1});
  builder.text("text", "caf\xc3\xa9").text("empty", "");
  const Metadata metadata = read_metadata(builder);
  EXPECT_EQ(metadata.number("f32"), 0.5);
  EXPECT_EQ(metadata.number("f64"), 0.1);
  EXPECT_EQ(metadata.boolean("no"), false);
  EXPECT_EQ(metadata.boolean("yes"), true);
  EXPECT_EQ(metadata.text("text"), "caf\xc3\xa9");
  EXPECT_EQ(metadata.text("empty"), "");
}

TEST(GgufValues, KeepsLongArraysFlat) {
  GgufBuilder builder;
  builder.array<std::uint8_t>("u8", GgufType::kU8, {0, 255}).array<std::int8_t>("i8", GgufType::kI8, {-1, 1});
  builder.array<std::uint16_t>("u16", GgufType::kU16, {65535}).array<std::int16_t>("i16", GgufType::kI16, {-2});
  builder.array<std::uint32_t>("u32", GgufType::kU32, {4000000000U}).array<std::int32_t>("i32", GgufType::kI32, {-3});
  builder.array<std::uint64_t>("u64", GgufType::kU64, {7}).array<std::int64_t>("i64", GgufType::kI64, {-4});
  builder.array<std::uint8_t>("bool", GgufType::kBool, {1, 0}).array<float>("f32", GgufType::kF32, {0.5F, -1.0F});
  builder.array<float>("none", GgufType::kF32, {});
  const Metadata metadata = read_metadata(builder);
  EXPECT_THAT(*metadata.integers("u8"), ElementsAre(0, 255));
  EXPECT_THAT(*metadata.integers("i8"), ElementsAre(-1, 1));
  EXPECT_THAT(*metadata.integers("u16"), ElementsAre(65535));
  EXPECT_THAT(*metadata.integers("i16"), ElementsAre(-2));
  EXPECT_THAT(*metadata.integers("u32"), ElementsAre(4000000000));
  EXPECT_THAT(*metadata.integers("i32"), ElementsAre(-3));
  EXPECT_THAT(*metadata.integers("u64"), ElementsAre(7));
  EXPECT_THAT(*metadata.integers("i64"), ElementsAre(-4));
  EXPECT_THAT(*metadata.integers("bool"), ElementsAre(1, 0));
  EXPECT_THAT(*metadata.floats("f32"), ElementsAre(0.5F, -1.0F));
  EXPECT_TRUE(metadata.floats("none")->empty());
}

TEST(GgufValues, DoublesKeepTheirBits) {
  GgufBuilder builder;
  builder.array<double>("f64", GgufType::kF64, {0.1});
  const Metadata metadata = read_metadata(builder);
  const auto& values = std::get<MetadataArray>(metadata.find("f64")->value);
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(std::get<double>(values[0].value), 0.1);
}

TEST(GgufValues, ReadsTextsInBothWidthsOfLength) {
  for (const std::uint32_t version : {1U, 2U, 3U}) {
    GgufBuilder builder(version);
    std::string bytes;
    builder.put(bytes, GgufType::kString);
    builder.put_length(bytes, 2);
    builder.put_string(bytes, "<s>");
    builder.put_string(bytes, "");
    builder.raw("tokens", GgufType::kArray, bytes);
    const Metadata metadata = read_metadata(builder);
    EXPECT_THAT(*metadata.texts("tokens"), ElementsAre("<s>", "")) << version;
  }
}

// `depth` arrays around one integer array.
std::string nested(GgufBuilder& builder, int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) {
    builder.put(bytes, GgufType::kArray);
    builder.put_length(bytes, 1);
  }
  builder.put(bytes, GgufType::kU8);
  builder.put_length(bytes, 1);
  bytes += '\x05';
  return bytes;
}

TEST(GgufValues, ArraysNestButNotWithoutEnd) {
  GgufBuilder builder;
  builder.raw("a", GgufType::kArray, nested(builder, 2));
  const Metadata metadata = read_metadata(builder);
  const auto& outer = std::get<MetadataArray>(metadata.find("a")->value);
  const auto& inner = std::get<MetadataArray>(outer.at(0).value);
  EXPECT_THAT(std::get<std::vector<std::int64_t>>(inner.at(0).value), ElementsAre(5));
  GgufBuilder deep;
  deep.raw("a", GgufType::kArray, nested(deep, 1000));
  EXPECT_EQ(message_of(deep), "test.gguf: metadata key a: arrays are nested deeper than 8");
}

TEST(GgufValues, RefusesTypesOfOtherVersions) {
  GgufBuilder unknown;
  unknown.scalar("a", static_cast<GgufType>(13), std::uint64_t{0});
  EXPECT_THAT(message_of(unknown), HasSubstr("the value type must be 0 to 12, found 13"));
  GgufBuilder v1(1);
  v1.scalar("a", GgufType::kU64, std::uint64_t{0});
  EXPECT_THAT(message_of(v1), HasSubstr("the value type must be 0 to 9, found 10"));
}

TEST(GgufValues, RefusesLengthsBeyondTheFile) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t length : {std::uint64_t{5}, std::uint64_t{1} << 40, kMax}) {
    GgufBuilder text;
    text.scalar("a", GgufType::kString, length);
    EXPECT_THAT(message_of(text), HasSubstr("metadata key a: value at byte")) << length;
    for (const GgufType element :
         {GgufType::kU8, GgufType::kF32, GgufType::kF64, GgufType::kBool, GgufType::kString, GgufType::kArray}) {
      GgufBuilder array;
      std::string bytes;
      array.put(bytes, element);
      array.put_length(bytes, length);
      array.raw("a", GgufType::kArray, bytes);
      EXPECT_THAT(message_of(array), HasSubstr("an array of " + std::to_string(length) + " elements"));
    }
  }
}

TEST(GgufValues, RefusesElementsThatDoNotFit) {
  GgufBuilder huge;
  huge.array<std::uint64_t>("a", GgufType::kU64, {std::uint64_t{1} << 63});
  EXPECT_THAT(message_of(huge), HasSubstr("an array element is too large: 9223372036854775808"));
  GgufBuilder boolean;
  boolean.array<std::uint8_t>("a", GgufType::kBool, {1, 3});
  EXPECT_THAT(message_of(boolean), HasSubstr("a boolean must be 0 or 1, found 3"));
}

TEST(GgufValues, BoundsTheHeaderBeforeAnythingIsAllocated) {
  GgufBuilder builder;
  std::string bytes;
  builder.put(bytes, GgufType::kU8);
  builder.put_length(bytes, kMaxGgufHeaderBytes + 1);
  bytes.resize(bytes.size() + kMaxGgufHeaderBytes + 1);
  builder.raw("a", GgufType::kArray, bytes);
  EXPECT_THAT(message_of(builder), HasSubstr("the header is larger than 134217728 bytes"));
}

}  // namespace
}  // namespace hearth::formats
