#include "api/models.h"

#include "handler_fixture.h"

namespace hearth::api {
namespace {

using ModelsTest = HandlerTest;

TEST_F(ModelsTest, ListsWhatIsInstalled) {
  sources_.push_back({.name = "org/other:q4", .file = "/models/other.gguf"});
  const Json body = call(list_models_handler(*services_), "").json();
  EXPECT_EQ(body["object"], "list");
  ASSERT_EQ(body["data"].size(), 2U);
  EXPECT_EQ(body["data"][0]["id"], "tiny");
  EXPECT_EQ(body["data"][0]["object"], "model");
  EXPECT_EQ(body["data"][0]["created"], 5);
  EXPECT_EQ(body["data"][0]["status"], "loaded");
  EXPECT_EQ(body["data"][1]["status"], "installed");
}

TEST_F(ModelsTest, FindsOneByItsName) {
  sources_.push_back({.name = "org/other:q4", .file = "/models/other.gguf"});
  EXPECT_EQ(call(get_model_handler(*services_), "", {{"id", "org/other:q4"}}).json()["id"], "org/other:q4");
  const Answer missing = call(get_model_handler(*services_), "", {{"id", "nope"}});
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.json()["error"]["code"], "model_not_found");
}

}  // namespace
}  // namespace hearth::api
