#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "formats/checkpoint.h"

namespace hearth::formats {
namespace {

Metadata sample() {
  Metadata metadata;
  metadata.set("int", {std::int64_t{1}});
  metadata.set("big", {std::uint64_t{1} << 63});
  metadata.set("real", {2.5});
  metadata.set("yes", {true});
  metadata.set("text", {std::string("hi")});
  metadata.set("texts", {std::vector<std::string>{"a", "b"}});
  metadata.set("ints", {std::vector<std::int64_t>{1, 2}});
  metadata.set("reals", {std::vector<float>{0.5F}});
  return metadata;
}

TEST(Metadata, GivesAValueOnlyAsWhatItIs) {
  const Metadata metadata = sample();
  EXPECT_EQ(metadata.integer("int"), 1);
  EXPECT_EQ(metadata.integer("big"), std::nullopt);
  EXPECT_EQ(metadata.integer("real"), std::nullopt);
  EXPECT_EQ(metadata.integer("absent"), std::nullopt);
  EXPECT_EQ(metadata.number("int"), 1.0);
  EXPECT_EQ(metadata.number("big"), 0x1p63);
  EXPECT_EQ(metadata.number("real"), 2.5);
  EXPECT_EQ(metadata.number("text"), std::nullopt);
  EXPECT_EQ(metadata.boolean("yes"), true);
  EXPECT_EQ(metadata.boolean("int"), true);
  EXPECT_EQ(metadata.boolean("real"), std::nullopt);
  EXPECT_EQ(metadata.text("text"), "hi");
  EXPECT_EQ(metadata.text("int"), std::nullopt);
  EXPECT_EQ(metadata.texts("texts")->size(), 2U);
  EXPECT_EQ(metadata.texts("ints"), nullptr);
  EXPECT_EQ(metadata.integers("ints")->back(), 2);
  EXPECT_EQ(metadata.floats("reals")->front(), 0.5F);
  EXPECT_EQ(metadata.floats("absent"), nullptr);
  EXPECT_TRUE(metadata.contains("big"));
}

TEST(Metadata, RequiredValuesNameKeyAndTypes) {
  const Metadata metadata = sample();
  EXPECT_EQ(metadata.require_integer("int"), 1);
  EXPECT_EQ(metadata.require_text("text"), "hi");
  EXPECT_EQ(metadata.require_integer("texts").error().message,
            "the metadata key texts holds an array of texts where an integer is expected");
  EXPECT_EQ(metadata.require_text("absent").error().message, "the metadata key absent is missing (a text is expected)");
  EXPECT_EQ(metadata.require_text("absent").error().code, ErrorCode::kCorruptFile);
}

}  // namespace
}  // namespace hearth::formats
