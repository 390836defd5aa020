#include "api/edits.h"

#include "handler_fixture.h"

namespace hearth::api {
namespace {

using EditsTest = HandlerTest;

TEST_F(EditsTest, AnswersWithTexts) {
  const Answer answer = call(edits_handler(*services_),
                             R"({"instruction":"rephrase","input":"Black cat jumped out of the window","n":2})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = answer.json();
  EXPECT_EQ(body["object"], "edit");
  ASSERT_EQ(body["choices"].size(), 2U);
  EXPECT_EQ(body["choices"][1]["text"], "Hello");
  EXPECT_EQ(body["choices"][1]["index"], 1);
  EXPECT_EQ(body["usage"]["total_tokens"], 5);
}

TEST_F(EditsTest, NeedsAnInstruction) {
  const Answer answer = call(edits_handler(*services_), R"({"input":"x"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.json()["error"]["code"], "missing_required_parameter");
}

}  // namespace
}  // namespace hearth::api
