#include "engine/real_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>

#include "formats/checkpoint.h"
#include "kernels/kernels.h"

namespace hearth::engine {
namespace {

formats::Checkpoint open_fixture(const RealModelOptions& options) {
  auto opened = formats::open_checkpoint(options.fixture.ends_with(".gguf") ? options.fixture
                                                                            : std::string(HEARTH_GOLDEN_FOLDER) + "/" +
                                                                                  options.fixture + "/model.gguf");
  EXPECT_TRUE(opened) << opened.error().message;
  formats::Checkpoint checkpoint = std::move(opened).value();
  if (options.window > 0) {
    const std::string key =
        std::string(checkpoint.metadata.text("general.architecture").value()) + ".attention.sliding_window";
    EXPECT_TRUE(checkpoint.metadata.contains(key));
    checkpoint.metadata.set(key, {options.window});
  }
  return checkpoint;
}

}  // namespace

const char* extra_model() {
  return std::getenv("HEARTH_INVARIANCE_MODEL");
}

std::span<const cpu::IsaLevel> levels_to_test() {
  const std::span<const cpu::IsaLevel> levels = cpu::available_levels();
  return kSanitized || extra_model() != nullptr ? levels.last(1) : levels;
}

RealModel::RealModel(const RealModelOptions& options, cpu::ThreadPool* shared_pool)
    : own_pool(shared_pool == nullptr ? std::make_unique<cpu::ThreadPool>(options.n_threads) : nullptr),
      pool(shared_pool == nullptr ? own_pool.get() : shared_pool),
      kv_type(options.precision == model::Precision::kExact ? model::KvType::kF32 : model::KvType::kF16),
      level(options.level) {
  auto loaded = model::load_model(open_fixture(options), {.precision = options.precision, .context_size = kRealContext},
                                  *pool, kernels::kernel_table(options.level));
  EXPECT_TRUE(loaded) << loaded.error().message;
  model = std::move(loaded).value();
}

void RecordingObserver::on_logits(SequenceId sequence, std::int64_t position, std::span<const float> logits) {
  rows_[sequence][position].assign(logits.begin(), logits.end());
}

void expect_same(const Reply& actual, const Reply& expected, const std::string& what) {
  EXPECT_EQ(actual.tokens, expected.tokens) << what;
  ASSERT_EQ(actual.rows.size(), expected.rows.size()) << what;
  for (const auto& [position, row] : expected.rows) {
    ASSERT_TRUE(actual.rows.contains(position)) << what << ", position " << position;
    const std::vector<float>& other = actual.rows.at(position);
    ASSERT_EQ(other.size(), row.size());
    ASSERT_EQ(std::memcmp(other.data(), row.data(), row.size() * sizeof(float)), 0)
        << what << ": the logits at position " << position << " differ";
  }
}

RealEngine::RealEngine(RealModel& model, EngineOptions options) {
  constexpr std::int64_t kRoomy = std::int64_t{1} << 30;
  options.context_size = options.context_size == 0 ? kRealContext : options.context_size;
  options.kv_cache_bytes = options.kv_cache_bytes == 0 ? kRoomy : options.kv_cache_bytes;
  options.kv_type = model.kv_type;
  options.cache_identity = "fixture";
  options.pool = model.pool;
  options.logits_observer = &observer;
  auto created = Engine::create(*model.model, options);
  EXPECT_TRUE(created) << created.error().message;
  engine = std::move(created).value();
}

void RealEngine::run() {
  while (engine->has_work()) {
    engine->step();
  }
}

Reply RealEngine::reply(SequenceId sequence) {
  EXPECT_TRUE(sink->finished(sequence));
  return {sink->tokens(sequence), observer.rows(sequence), sink->events(sequence).front().n_cached_tokens};
}

Reply RealEngine::answer(const SequenceRequest& request) {
  const SequenceId id = submit(request);
  run();
  return reply(id);
}

std::vector<TokenId> random_prompt(const RealModel& model, std::size_t n_tokens, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<TokenId> prompt(n_tokens);
  std::ranges::generate(prompt,
                        [&] { return static_cast<TokenId>(random() % static_cast<unsigned>(model.model->n_vocab())); });
  return prompt;
}

}  // namespace hearth::engine
