// EngineImpl: the Engine over a StepModel, one forward pass per step.
//
// A step takes the inbox, asks Scheduler for rows, runs the model, draws tokens from the logits and hands out events.
// Created by Engine::create; everything but submit, cancel, has_work and stats runs on the engine thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cpu/memory_region.h"
#include "engine/block_pool.h"
#include "engine/engine.h"
#include "engine/inbox.h"
#include "engine/logprobs.h"
#include "engine/sampler.h"
#include "engine/scheduler.h"
#include "engine/sequence.h"
#include "engine/step_budget.h"

namespace hearth::engine {

class EngineImpl final : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> create(model::StepModel& model, EngineOptions options);
  ~EngineImpl() override;
  EngineImpl(const EngineImpl&) = delete;
  EngineImpl& operator=(const EngineImpl&) = delete;

  Result<SequenceId> submit(SequenceRequest request, std::shared_ptr<TokenSink> sink) override;
  void cancel(SequenceId sequence) override;
  bool step() override;
  bool has_work() const override;
  EngineStats stats() const override;
  void set_wake(std::function<void()> wake) override;
  void trim() override;

 private:
  // What becomes of one row of logits.
  struct LogitRow {
    Sequence* sequence = nullptr;
    std::int64_t position = 0;
    bool draws = false;  // the sequence's last row: its next token is drawn from it
    std::optional<RowLogprobs> logprobs;
    float token_logit = 0;  // of the drawn token, or of the prompt token that follows; before processors
    Result<TokenId> token = 0;
  };
  struct Worker {
    explicit Worker(std::int32_t n_vocab) : sampler(n_vocab) {}
    Sampler sampler;
    std::vector<Candidate> scratch;
    std::vector<float> row;  // [n_vocab], a copy for the processors where the row is still needed
  };

  EngineImpl(model::StepModel& model, EngineOptions options, BlockPool pool, cpu::MemoryRegion logits);

  Status check(const SequenceRequest& request) const;
  void take_inbox();
  void build_batch();
  float* state_of(const Sequence& sequence) const;
  void add_logit_rows(const PlannedRows& rows);
  void run_model();
  void evaluate_rows();
  void evaluate(LogitRow& row, std::span<float> logits, Worker& worker) const;
  void hand_out(LogitRow& row);
  void hand_out_prompt_token(LogitRow& row);
  TokenEvent new_event(Sequence& sequence);
  void end(Sequence& sequence, FinishReason reason, std::string error = {});
  void forget(Sequence& sequence);
  std::span<float> logits_row(std::size_t index) const;
  void publish_stats();

  model::StepModel& model_;
  EngineOptions options_;
  BlockPool pool_;
  cpu::MemoryRegion logits_;  // [n logit rows, n_vocab], committed as rows are used
  Scheduler scheduler_;
  StepBudget budget_;
  Inbox inbox_;
  std::vector<Worker> workers_;
  std::vector<model::KvView> kv_;
  std::unordered_map<SequenceId, std::unique_ptr<Sequence>> sequences_;
  std::atomic<std::int64_t> n_sequences_{0};

  // The step in hand; kept for their memory.
  StepPlan plan_;
  std::vector<std::int32_t> batch_tokens_;
  std::vector<model::StepSequence> batch_sequences_;
  std::vector<const std::int32_t*> batch_tables_;
  std::vector<std::int32_t> batch_logit_rows_;
  std::vector<LogitRow> rows_;

  EngineStats counters_;  // engine thread
  mutable std::mutex stats_mutex_;
  EngineStats stats_;  // what stats() answers
};

}  // namespace hearth::engine
