#include "base/json.h"

#include <gtest/gtest.h>

#include <string>

namespace hearth::base {
namespace {

TEST(ParseJson, KeepsTheOrderOfKeys) {
  const auto value = parse_json(R"({"b":1,"a":[true,null,-2,1.5,"x"]})");
  ASSERT_TRUE(value);
  EXPECT_EQ(dump_json(*value), R"({"b":1,"a":[true,null,-2,1.5,"x"]})");
}

TEST(ParseJson, RefusesDuplicateKeysAndNamesTheKey) {
  const auto value = parse_json(R"({"a":1,"a":2})");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(value.error().message.find("\"a\" appears twice"), std::string::npos);
}

TEST(ParseJson, RefusesDepthBeyondTheLimit) {
  const std::string deep(128, '[');
  EXPECT_TRUE(parse_json(deep + std::string(128, ']')));
  const auto value = parse_json(deep + "[" + std::string(129, ']'));
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("128"), std::string::npos);
}

TEST(ParseJson, RefusesTextBeyondTheSizeLimit) {
  EXPECT_FALSE(parse_json("\"0123456789\"", {.max_bytes = 11}));
  EXPECT_TRUE(parse_json("\"0123456789\"", {.max_bytes = 12}));
}

TEST(ParseJson, NamesLineAndColumn) {
  const auto value = parse_json("{\n  \"a\": tru\n}");
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("line 2"), std::string::npos) << value.error().message;
}

TEST(ParseJson, RefusesInvalidUtf8AndTrailingText) {
  EXPECT_FALSE(parse_json("\"\xff\""));
  EXPECT_FALSE(parse_json("{} {}"));
  EXPECT_FALSE(parse_json(""));
}

TEST(DumpJson, WritesInvalidUtf8AsTheReplacementCharacter) {
  EXPECT_EQ(dump_json(Json(std::string("a\xff"))), "\"a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace hearth::base
