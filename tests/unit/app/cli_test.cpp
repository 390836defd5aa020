#include "app/cli.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "app/captured_output.h"

namespace hearth::app {
namespace {

CommandOutput run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "hearth");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) {
    pointers.push_back(argument.data());
  }
  return capture([&] { return run_command_line(static_cast<int>(pointers.size()), pointers.data()); });
}

TEST(CommandLine, ShowsTheVersion) {
  const CommandOutput output = run({"--version"});
  EXPECT_EQ(output.code, kExitDone);
  EXPECT_EQ(output.out.rfind("hearth ", 0), 0U) << output.out;
}

TEST(CommandLine, WrongUsageIsExitTwo) {
  EXPECT_EQ(run({}).code, kExitUsage);
  EXPECT_EQ(run({"sreve"}).code, kExitUsage);
  EXPECT_EQ(run({"logits", "model.gguf"}).code, kExitUsage);
  EXPECT_EQ(run({"logits", "model.gguf", "--tokens", "1", "--precision", "double"}).code, kExitUsage);
  EXPECT_EQ(run({"bench", "model.gguf", "--batch", "0"}).code, kExitUsage);
}

TEST(CommandLine, EveryVerbExplainsItself) {
  for (const char* verb : {"serve", "run", "pull", "list", "show", "rm", "logits", "bench", "perplexity"}) {
    const CommandOutput output = run({verb, "--help"});
    EXPECT_EQ(output.code, kExitDone) << verb;
    EXPECT_NE(output.out.find(verb), std::string::npos) << verb;
  }
}

TEST(CommandLine, AWrongServerFlagNamesItselfAndStartsNothing) {
  const CommandOutput output = run({"serve", "--max-queued", "many"});
  EXPECT_EQ(output.code, kExitUsage);
  EXPECT_NE(output.err.find("max-queued"), std::string::npos) << output.err;
}

TEST(CommandLine, AFailedCommandIsExitOneAndOneLine) {
  const CommandOutput output = run({"show", "no-such-model"});
  EXPECT_EQ(output.code, kExitFailed);
  EXPECT_NE(output.err.find("no-such-model"), std::string::npos);
  EXPECT_EQ(output.err.find('\n'), output.err.size() - 1);
}

}  // namespace
}  // namespace hearth::app
