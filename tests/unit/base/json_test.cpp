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

TEST(ParseJson, ManyKeysTakeLinearTime) {
  constexpr int kKeys = 200'000;  // quadratic time would be minutes
  std::string text = "{";
  for (int i = 0; i < kKeys; ++i) {
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":" + std::to_string(i);
  }
  const auto value = parse_json(text + "}");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->size(), static_cast<std::size_t>(kKeys));
  const auto twice = parse_json(text + ",\"7\":0}");
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("\"7\" appears twice"), std::string::npos);
}

// Writes down what it is told; the key "stop" is an error.
class Recorder final : public JsonEvents {
 public:
  Status begin(bool is_object) override {
    text += is_object ? '{' : '[';
    return {};
  }
  Status key(std::string&& key) override {
    if (key == "stop") {
      return fail(ErrorCode::kCorruptFile, "stopped");
    }
    text += key + '=';
    return {};
  }
  Status scalar(Json&& value) override {
    text += dump_json(value) + ';';
    return {};
  }
  Status end() override {
    text += '.';
    return {};
  }
  std::string text;
};

TEST(ParseJsonEvents, ReportsEverythingInOrder) {
  Recorder recorder;
  ASSERT_TRUE(parse_json_events(R"({"a":[1,{"b":null}],"c":"x"})", recorder));
  EXPECT_EQ(recorder.text, "{a=[1;{b=null;..c=\"x\";.");
}

TEST(ParseJsonEvents, EndsWithTheHandlersErrorOrItsOwn) {
  Recorder recorder;
  const auto stopped = parse_json_events(R"({"a":1,"stop":2,"b":3})", recorder);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().message, "stopped");
  EXPECT_EQ(recorder.text, "{a=1;");
  EXPECT_FALSE(parse_json_events(R"({"a":1,"a":2})", recorder));
  EXPECT_FALSE(parse_json_events(R"([[[1]]])", recorder, {.max_depth = 2}));
  EXPECT_FALSE(parse_json_events("[1", recorder));
}

TEST(DumpJson, WritesInvalidUtf8AsTheReplacementCharacter) {
  EXPECT_EQ(dump_json(Json(std::string("a\xff"))), "\"a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace hearth::base
