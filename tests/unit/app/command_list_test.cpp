#include <gtest/gtest.h>

#include "app/commands_models.h"
#include "base/json.h"
#include "net/test_folder.h"

namespace hearth::app {
namespace {

std::string list(const ListOptions& options) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_list(options), 0);
  std::fflush(stdout);
  return testing::internal::GetCapturedStdout();
}

TEST(CommandList, ShowsWhatIsInstalled) {
  const net::TestFolder folder;
  EXPECT_EQ(list({.models_path = folder.path()}), "");
  EXPECT_EQ(list({.models_path = folder.path(), .json = true}), "[]\n");
  net::write_text(folder / "Tiny.gguf", "GGUF");
  net::write_text(folder / "tiny-model.yaml", "name: tiny-model\nparameters: {model: Tiny.gguf}\n");
  EXPECT_EQ(list({.models_path = folder.path()}), "tiny-model        4 B  Tiny.gguf\n");
  const auto json = base::parse_json(list({.models_path = folder.path(), .json = true}));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)[0]["name"], "tiny-model");
  EXPECT_EQ((*json)[0]["size_bytes"], 4);
}

TEST(CommandList, ShowsTheGalleryAndMarksWhatIsInstalled) {
  const net::TestFolder folder;
  net::write_text(folder / "Qwen3-0.6B-Q8_0.gguf", "GGUF");
  const std::string text = list({.models_path = folder.path(), .available = true});
  EXPECT_NE(text.find("* qwen3-0.6b"), std::string::npos) << text;
  EXPECT_NE(text.find("  smollm2-135m-instruct"), std::string::npos) << text;
  const auto json = base::parse_json(list({.models_path = folder.path(), .available = true, .json = true}));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)[0]["name"], "smollm2-135m-instruct");
  EXPECT_EQ((*json)[0]["installed"], false);
}

}  // namespace
}  // namespace hearth::app
