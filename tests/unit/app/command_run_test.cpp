#include <gtest/gtest.h>

#include "app/captured_output.h"
#include "app/cli.h"
#include "app/commands_inference.h"

namespace hearth::app {
namespace {

TEST(RunCommand, AModelThatIsNowhereIsOneLineAndExitOne) {
  ChatOptions options;
  options.model.model = "no-such-model";
  options.model.models_path = testing::TempDir() + "no-models";
  options.prompt = "hello";
  const CommandOutput output = capture([&] { return run_chat(options); });
  EXPECT_EQ(output.code, kExitFailed);
  EXPECT_NE(output.err.find("no-such-model"), std::string::npos) << output.err;
  EXPECT_EQ(output.out, "");
}

}  // namespace
}  // namespace hearth::app
