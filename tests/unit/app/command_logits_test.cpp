#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "app/captured_output.h"
#include "app/cli.h"
#include "app/commands_inference.h"
#include "base/json.h"

namespace hearth::app {
namespace {

Json expected_of(const std::string& fixture) {
  std::ifstream file(std::string(HEARTH_GOLDEN_FOLDER) + "/" + fixture + "/expected.json");
  std::stringstream text;
  text << file.rdbuf();
  return base::parse_json(text.str()).value();
}

TEST(LogitsCommand, PrintsTheReferencesTokens) {
  const Json expected = expected_of("gguf-llama-f32");
  LogitsOptions options;
  options.model.model = golden_model("gguf-llama-f32");
  options.tokens = expected["prompt_ids"].get<std::vector<std::int32_t>>();
  options.exact = true;
  options.n_generate = 16;
  options.chunk = 5;
  const CommandOutput output = capture([&] { return run_logits(options); });
  ASSERT_EQ(output.code, kExitDone) << output.err;
  const Json reply = base::parse_json(output.out).value();
  EXPECT_EQ(reply["n_vocab"].get<std::size_t>(), expected["last_logits"].size());
  EXPECT_EQ(reply["argmax_per_pos"], expected["argmax_per_pos"]);
  EXPECT_EQ(reply["generated"], expected["greedy"]);
  EXPECT_NEAR(reply["last_logits"][0].get<double>(), expected["last_logits"][0].get<double>(), 1e-4);
}

TEST(LogitsCommand, ATokenOutsideTheVocabularyIsAnError) {
  LogitsOptions options;
  options.model.model = golden_model("gguf-llama-f32");
  options.tokens = {1, 99'999'999};
  const CommandOutput output = capture([&] { return run_logits(options); });
  EXPECT_EQ(output.code, kExitFailed);
  EXPECT_NE(output.err.find("99999999"), std::string::npos) << output.err;
}

TEST(LogitsCommand, MorePositionsThanTheContextIsAnErrorThatNamesTheFlag) {
  LogitsOptions options;
  options.model.model = golden_model("gguf-llama-f32");
  options.model.context_size = 8;
  options.tokens = {1, 2, 3, 4};
  options.n_generate = 5;
  const CommandOutput output = capture([&] { return run_logits(options); });
  EXPECT_EQ(output.code, kExitFailed);
  EXPECT_NE(output.err.find("--context-size"), std::string::npos) << output.err;
}

}  // namespace
}  // namespace hearth::app
