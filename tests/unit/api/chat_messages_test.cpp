#include "api/chat_messages.h"

#include <gtest/gtest.h>

namespace hearth::api {
namespace {

Parsed<Json> read(const char* json) {
  return read_messages(Json::parse(json));
}

TEST(ChatMessages, KeepsRolesTextsAndParts) {
  const auto messages = read(R"([{"role":"developer","content":"d"},
      {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"name":"u"},
      {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function",
        "function":{"name":"f","arguments":"{}"}}]},
      {"role":"tool","content":"r","tool_call_id":"c"},
      {"role":"assistant","content":"x","reasoning":"why","extra":1}])");
  ASSERT_TRUE(messages) << messages.error().message;
  ASSERT_EQ(messages->size(), 5U);
  EXPECT_EQ((*messages)[1]["content"].size(), 2U);
  EXPECT_EQ((*messages)[1]["name"], "u");
  EXPECT_EQ((*messages)[2]["content"], "");
  EXPECT_EQ((*messages)[2]["tool_calls"][0]["function"]["name"], "f");
  EXPECT_EQ((*messages)[3]["tool_call_id"], "c");
  EXPECT_EQ((*messages)[4]["reasoning_content"], "why");
  EXPECT_FALSE((*messages)[4].contains("extra"));
}

TEST(ChatMessages, ErrorsNameThePlace) {
  struct Case {
    const char* json;
    ErrorKind kind;
    const char* param;
  };
  const Case cases[] = {
      {"null", ErrorKind::kMissingParameter, "messages"},
      {"\"hi\"", ErrorKind::kInvalidType, "messages"},
      {"[]", ErrorKind::kEmptyArray, "messages"},
      {"[1]", ErrorKind::kInvalidType, "messages[0]"},
      {R"([{"content":"x"}])", ErrorKind::kMissingParameter, "messages[0].role"},
      {R"([{"role":"user","content":"x"},{"role":"king","content":"x"}])", ErrorKind::kInvalidValue,
       "messages[1].role"},
      {R"([{"role":1,"content":"x"}])", ErrorKind::kInvalidType, "messages[0].role"},
      {R"([{"role":"user"}])", ErrorKind::kMissingParameter, "messages[0].content"},
      {R"([{"role":"user","content":null}])", ErrorKind::kInvalidType, "messages[0].content"},
      {R"([{"role":"user","content":5}])", ErrorKind::kInvalidType, "messages[0].content"},
      {R"([{"role":"user","content":[]}])", ErrorKind::kEmptyArray, "messages[0].content"},
      {R"([{"role":"user","content":[{"text":"x"}]}])", ErrorKind::kMissingParameter, "messages[0].content[0].type"},
      {R"([{"role":"user","content":[{"type":"text"}]}])", ErrorKind::kMissingParameter, "messages[0].content[0].text"},
      {R"([{"role":"user","content":[{"type":"image_url","image_url":{}}]}])", ErrorKind::kInvalidValue,
       "messages[0].content[0].type"},
      {R"([{"role":"tool","content":"x"}])", ErrorKind::kMissingParameter, "messages[0].tool_call_id"},
      {R"([{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}])", ErrorKind::kMissingParameter,
       "messages[0].tool_calls[0].function.arguments"},
      {R"([{"role":"user","content":"x","name":1}])", ErrorKind::kInvalidType, "messages[0].name"},
  };
  for (const Case& c : cases) {
    const Parsed<Json> parsed = read(c.json);
    ASSERT_FALSE(parsed) << c.json;
    EXPECT_EQ(static_cast<int>(parsed.error().kind), static_cast<int>(c.kind)) << c.json;
    EXPECT_EQ(parsed.error().param, c.param) << c.json;
  }
}

}  // namespace
}  // namespace hearth::api
