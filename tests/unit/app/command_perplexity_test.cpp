#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/captured_output.h"
#include "app/cli.h"
#include "app/commands_inference.h"

namespace hearth::app {
namespace {

// A figure over a real model is checked end to end (tests/e2e/test_real_model.py): fixtures have no vocabulary.
TEST(PerplexityCommand, AModelWithoutAVocabularyIsAnError) {
  const auto file = std::filesystem::path(testing::TempDir()) / "perplexity.txt";
  std::ofstream(file) << "some text";
  PerplexityOptions options;
  options.model.model = golden_model("gguf-llama-f32");
  options.file = file;
  const CommandOutput output = capture([&] { return run_perplexity(options); });
  EXPECT_EQ(output.code, kExitFailed);
  EXPECT_EQ(output.out, "");
  EXPECT_NE(output.err.find("hearth: "), std::string::npos);
}

}  // namespace
}  // namespace hearth::app
