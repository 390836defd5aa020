// RealModel: an engine over fixture weights, for tests that look at its logits bit for bit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpu/isa.h"
#include "cpu/thread_pool.h"
#include "engine/engine.h"
#include "engine/fake_model.h"
#include "model/loader.h"

namespace hearth::engine {

// Positions the fixtures are given: beyond their trained context, over four attention partitions.
inline constexpr std::int64_t kRealContext = 1152;

// A sanitizer looks for races and bad memory, not for bits: there one fixture at the best level will do.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// The path of a real model to hold to the same promises in place of the fixtures, at the best level; null: none.
const char* extra_model();

std::span<const cpu::IsaLevel> levels_to_test();

struct RealModelOptions {
  std::string fixture;  // a folder of the golden tests, or the path of a file
  model::Precision precision = model::Precision::kFast;
  int n_threads = 1;
  cpu::IsaLevel level = cpu::IsaLevel::kScalar;
  std::int64_t window = 0;  // in place of the fixture's, when it has one
};

struct RealModel {
  // On the caller's pool, or without one on a pool of n_threads of its own.
  explicit RealModel(const RealModelOptions& options, cpu::ThreadPool* shared_pool = nullptr);

  std::unique_ptr<cpu::ThreadPool> own_pool;
  cpu::ThreadPool* pool;
  std::unique_ptr<model::Model> model;
  model::KvType kv_type;
  cpu::IsaLevel level;
};

// Keeps the last row seen of every position, and how often one came again.
class RecordingObserver final : public LogitsObserver {
 public:
  void on_logits(SequenceId sequence, std::int64_t position, std::span<const float> logits) override;
  const std::map<std::int64_t, std::vector<float>>& rows(SequenceId sequence) { return rows_[sequence]; }

 private:
  std::map<SequenceId, std::map<std::int64_t, std::vector<float>>> rows_;
};

// What a sequence came to: its tokens, and the rows of logits they were drawn from.
struct Reply {
  std::vector<TokenId> tokens;
  std::map<std::int64_t, std::vector<float>> rows;
  std::int64_t n_cached_tokens = 0;
};

// Same tokens, same positions, same bits.
void expect_same(const Reply& actual, const Reply& expected, const std::string& what);

struct RealEngine {
  // Fills in what depends on the model; without kv_cache_bytes a roomy pool.
  RealEngine(RealModel& model, EngineOptions options);

  SequenceId submit(const SequenceRequest& request) { return engine->submit(request, sink).value(); }
  void run();
  Reply reply(SequenceId sequence);
  Reply answer(const SequenceRequest& request);  // submit and run

  std::shared_ptr<CollectingSink> sink = std::make_shared<CollectingSink>();
  RecordingObserver observer;
  std::unique_ptr<Engine> engine;
};

std::vector<TokenId> random_prompt(const RealModel& model, std::size_t n_tokens, unsigned seed);

}  // namespace hearth::engine
