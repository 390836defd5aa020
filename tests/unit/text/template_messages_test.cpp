#include "text/template_messages.h"

#include <gtest/gtest.h>

namespace hearth::text {
namespace {

std::string adapted(const char* messages, const ChatTemplateTraits& traits) {
  const auto result = adapt_messages(Json::parse(messages), traits);
  return result ? base::dump_json(*result) : result.error().message;
}

TEST(TemplateMessages, PartsAreJoinedForTemplatesOfStrings) {
  const char* messages = R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])";
  EXPECT_EQ(adapted(messages, {}), R"([{"role":"user","content":"a\nb"}])");
  EXPECT_EQ(adapted(messages, {.parts_content = true}), base::dump_json(Json::parse(messages)));
}

TEST(TemplateMessages, StringsAreWrappedForTemplatesOfParts) {
  EXPECT_EQ(adapted(R"([{"role":"user","content":"a"}])", {.string_content = false, .parts_content = true}),
            R"([{"role":"user","content":[{"type":"text","text":"a"}]}])");
}

TEST(TemplateMessages, NullAndMissingContent) {
  EXPECT_EQ(adapted(R"([{"role":"assistant","content":null},{"role":"user"}])", {}),
            R"([{"role":"assistant","content":""},{"role":"user","content":""}])");
}

TEST(TemplateMessages, DeveloperIsSystemUnlessKnown) {
  EXPECT_EQ(adapted(R"([{"role":"developer","content":"a"}])", {}), R"([{"role":"system","content":"a"}])");
  EXPECT_EQ(adapted(R"([{"role":"developer","content":"a"}])", {.developer_role = true}),
            R"([{"role":"developer","content":"a"}])");
}

TEST(TemplateMessages, SystemMovesIntoTheFirstUserTurn) {
  const ChatTemplateTraits traits{.system_role = false};
  EXPECT_EQ(
      adapted(R"([{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"developer","content":"t"}])",
              traits),
      R"([{"role":"user","content":"s\n\nt\n\nu"}])");
  EXPECT_EQ(adapted(R"([{"role":"system","content":"s"}])", traits), R"([{"role":"user","content":"s"}])");
  EXPECT_EQ(adapted(R"([{"role":"system","content":"s"},{"role":"user","content":"u"}])",
                    {.string_content = false, .parts_content = true, .system_role = false}),
            R"([{"role":"user","content":[{"type":"text","text":"s"},{"type":"text","text":"u"}]}])");
}

TEST(TemplateMessages, ArgumentsBecomeObjectsWhereWalked) {
  const char* messages =
      R"([{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":"{\"a\":1}"}},{"function":{"name":"g","arguments":"no json"}}]}])";
  const std::string object = adapted(messages, {.object_arguments = true});
  EXPECT_NE(object.find(R"("arguments":{"a":1})"), std::string::npos) << object;
  EXPECT_NE(object.find(R"("arguments":"no json")"), std::string::npos) << object;
  EXPECT_EQ(adapted(messages, {}), base::dump_json(Json::parse(messages)));
}

TEST(TemplateMessages, WhatIsNoConversationIsRefused) {
  for (const char* messages : {"{}", "[1]", R"([{"content":"a"}])", R"([{"role":1}])"}) {
    EXPECT_FALSE(adapt_messages(Json::parse(messages), {})) << messages;
  }
}

}  // namespace
}  // namespace hearth::text
