#include "api/tokenize.h"

#include "handler_fixture.h"

namespace hearth::api {
namespace {

using TokenizeTest = HandlerTest;

TEST_F(TokenizeTest, ThereAndBack) {
  EXPECT_EQ(call(tokenize_handler(*services_), R"({"model":"tiny","content":"abc"})").json()["tokens"].size(), 3U);
  EXPECT_EQ(call(detokenize_handler(*services_), R"({"tokens":[1,2]})").json()["content"], "xx");
}

TEST_F(TokenizeTest, BadBodiesNameTheField) {
  EXPECT_EQ(call(tokenize_handler(*services_), R"({"content":5})").json()["error"]["param"], "content");
  EXPECT_EQ(call(tokenize_handler(*services_), "{}").json()["error"]["code"], "missing_required_parameter");
  EXPECT_EQ(call(tokenize_handler(*services_), "x").status, 400);
  EXPECT_EQ(call(detokenize_handler(*services_), R"({"tokens":"x"})").json()["error"]["param"], "tokens");
  EXPECT_EQ(call(detokenize_handler(*services_), R"({"tokens":[1,-1]})").json()["error"]["param"], "tokens[1]");
}

}  // namespace
}  // namespace hearth::api
