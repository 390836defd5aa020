#include <gtest/gtest.h>

#include "app/captured_output.h"
#include "app/cli.h"
#include "app/commands_inference.h"
#include "base/json.h"

namespace hearth::app {
namespace {

TEST(ShowCommand, SaysWhatTheFileIs) {
  ShowOptions options;
  options.model.model = golden_model("gguf-mixed-q4_k_m");
  const CommandOutput text = capture([&] { return run_show(options); });
  ASSERT_EQ(text.code, kExitDone) << text.err;
  for (const char* part : {"GGUF v3", "llama", "Q4_K", "Q6_K", "chat template"}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\n" << text.out;
  }
  options.json = true;
  const Json value = base::parse_json(capture([&] { return run_show(options); }).out).value();
  EXPECT_EQ(value["architecture"], "llama");
  EXPECT_GT(value["encodings"].size(), 1U);
}

}  // namespace
}  // namespace hearth::app
