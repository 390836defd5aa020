#include "backends/native/native_model.h"

#include <gtest/gtest.h>

#include "backends/fakes.h"

namespace hearth::backends {
namespace {

class NativeModelTest : public ::testing::Test {
 protected:
  Result<std::shared_ptr<LoadedModel>> load(const std::string& file) {
    return load_native_model({.name = "m", .file = file}, std::uint64_t{1} << 30, options_, thread_, pool_);
  }
  NativeOptions options_;
  base::TaskPool pool_{1, 1000};
  std::shared_ptr<engine::EngineThread> thread_ = std::make_shared<engine::EngineThread>(1);
};

TEST_F(NativeModelTest, AFileThatIsNotThereIsNotFound) {
  const auto loaded = load("/nowhere/model.gguf");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kNotFound);
  EXPECT_NE(loaded.error().message.find("/nowhere/model.gguf"), std::string::npos) << loaded.error().message;
}

TEST_F(NativeModelTest, AnswersAndRepeatsWithASeed) {
  const auto loaded = load(HEARTH_GOLDEN_FOLDER "/gguf-llama-f32/model.gguf");
  ASSERT_TRUE(loaded) << loaded.error().message;
  Request request;
  request.prompts.emplace_back(TokenInput{{1, 2, 3, 4, 5}});
  request.sampling.seed = 5;
  request.sampling.ignore_eos = true;
  request.max_tokens = 6;
  request.n = 2;
  request.top_logprobs = 1;
  std::vector<std::map<std::int64_t, std::string>> texts;
  for (int i = 0; i < 2; ++i) {
    const auto sink = std::make_shared<RecordingSink>();
    const auto reply = (*loaded)->answer(request, {.model = "m"}, sink);
    ASSERT_TRUE(sink->wait());
    ASSERT_FALSE(sink->error) << sink->error->message;
    EXPECT_EQ(sink->start.seed, 5U);
    EXPECT_TRUE(sink->start.fingerprint.starts_with("fp_"));
    EXPECT_EQ(sink->usage.n_prompt_tokens, 5);
    EXPECT_EQ(sink->usage.n_generated_tokens, 12);
    EXPECT_EQ(sink->pieces.back().stop_reason, StopReason::kMaxTokens);
    texts.push_back(sink->texts);
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_GT((*loaded)->stats().n_kv_blocks, 0);
}

TEST_F(NativeModelTest, APromptBeyondTheContextNamesTheField) {
  const auto loaded = load(HEARTH_GOLDEN_FOLDER "/gguf-llama-f32/model.gguf");
  ASSERT_TRUE(loaded) << loaded.error().message;
  Request request;
  const auto n_tokens = static_cast<std::size_t>((*loaded)->context_size());
  request.prompts.emplace_back(TokenInput{std::vector<TokenId>(n_tokens, 1)});
  const auto sink = std::make_shared<RecordingSink>();
  (*loaded)->answer(request, {}, sink);
  ASSERT_TRUE(sink->error);
  EXPECT_EQ(sink->error->reason, Reason::kContextLength);
  EXPECT_EQ(sink->error->param, "prompt");
  EXPECT_FALSE(sink->started);
}

TEST_F(NativeModelTest, AnUnknownCacheTypeIsNamed) {
  options_.kv_cache_type = "q3";
  const auto loaded = load(HEARTH_GOLDEN_FOLDER "/gguf-llama-f32/model.gguf");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("'q3'"), std::string::npos) << loaded.error().message;
}

}  // namespace
}  // namespace hearth::backends
