#include <gtest/gtest.h>

#include "app/captured_output.h"
#include "app/cli.h"
#include "app/commands_inference.h"
#include "base/json.h"

namespace hearth::app {
namespace {

TEST(BenchCommand, MeasuresPrefillAndEveryBatch) {
  BenchOptions options;
  options.model.model = golden_model("gguf-quant-q4_0");
  options.model.threads = 1;
  options.n_prompt = 16;
  options.n_generate = 4;
  options.batches = {1, 3};
  options.n_repeats = 2;
  options.json = true;
  const CommandOutput output = capture([&] { return run_bench(options); });
  ASSERT_EQ(output.code, kExitDone) << output.err;
  const Json reply = base::parse_json(output.out).value();
  EXPECT_GT(reply["prefill_tps"].get<double>(), 0);
  EXPECT_GT(reply["decode_tps"]["1"].get<double>(), 0);
  EXPECT_GT(reply["decode_tps"]["3"].get<double>(), 0);
  EXPECT_EQ(reply["threads"], 1);
  EXPECT_EQ(reply["repeats"], 2);
  EXPECT_GT(reply["peak_rss_bytes"].get<double>(), 0);
}

TEST(BenchCommand, APromptBeyondTheContextIsAnError) {
  BenchOptions options;
  options.model.model = golden_model("gguf-quant-q4_0");
  options.model.context_size = 64;
  options.n_prompt = 100;
  EXPECT_EQ(capture([&] { return run_bench(options); }).code, kExitFailed);
}

}  // namespace
}  // namespace hearth::app
