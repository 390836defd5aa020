#include <gtest/gtest.h>

#include "app/commands_models.h"
#include "net/test_folder.h"

namespace hearth::app {
namespace {

TEST(CommandRm, RemovesAndSaysWhatOrFailsInOneLine) {
  const net::TestFolder folder;
  net::write_text(folder / "a.gguf", "GGUF");
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_rm({.models_path = folder.path(), .name = "a"}), 0);
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "removed " + (folder / "a.gguf").string() + "\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_rm({.models_path = folder.path(), .name = "a"}), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "hearth rm: no model is called 'a'; none is installed\n");
}

}  // namespace
}  // namespace hearth::app
