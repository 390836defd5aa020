#include "engine/engine_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace hearth::engine {
namespace {

// Prompt rows of one step whose logits are kept: 32 MiB with a vocabulary of 262,144.
constexpr std::int32_t kMaxPromptLogitRows = 32;

std::vector<std::int32_t> windows_of(const model::StepModel& model) {
  std::vector<std::int32_t> windows;
  for (const model::KvGroup& group : model.kv_groups()) {
    windows.push_back(group.window);
  }
  return windows;
}

SchedulerOptions scheduler_options(const model::StepModel& model, const EngineOptions& options) {
  SchedulerOptions scheduler;
  scheduler.max_step_rows = std::max(1, std::min(options.max_step_rows, model.max_rows()));
  // Every running sequence has a row in every step.
  scheduler.max_sequences = std::clamp(options.max_sequences, 1, scheduler.max_step_rows);
  scheduler.max_prompt_logit_rows = kMaxPromptLogitRows;
  scheduler.windows = windows_of(model);
  scheduler.has_state = model.state_floats() > 0;
  scheduler.prefix_cache = options.prefix_cache;
  scheduler.max_shared_positions = options.max_shared_positions;
  return scheduler;
}

// Errors: invalid_argument when the pool does not hold one whole context.
Status check_context(const BlockPool& pool, const SchedulerOptions& options, std::int64_t context_size) {
  const std::int64_t n_needed = Scheduler::bytes_for(pool, options, context_size);
  if (context_size >= 1 && n_needed <= pool.budget_bytes()) {
    return {};
  }
  std::int64_t fitting = 0;
  std::int64_t too_large = std::max<std::int64_t>(1, context_size);
  while (too_large - fitting > 1) {
    const std::int64_t middle = fitting + (too_large - fitting) / 2;
    (Scheduler::bytes_for(pool, options, middle) <= pool.budget_bytes() ? fitting : too_large) = middle;
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("a context of {} tokens needs {} bytes of KV cache, {} are there; the largest context that "
                          "fits is {}",
                          context_size, n_needed, pool.budget_bytes(), fitting),
              "context_size");
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::create(model::StepModel& model, EngineOptions options) {
  return EngineImpl::create(model, std::move(options));
}

Result<std::unique_ptr<Engine>> EngineImpl::create(model::StepModel& model, EngineOptions options) {
  std::vector<std::int64_t> block_bytes;
  for (const model::KvGroup& group : model.kv_groups()) {
    block_bytes.push_back(model::kv_layout(group, options.kv_type).block_bytes);
  }
  if (model.state_floats() > 0) {
    block_bytes.push_back(model.state_floats() * static_cast<std::int64_t>(sizeof(float)));
  }
  HEARTH_TRY(BlockPool pool, BlockPool::create(block_bytes, options.kv_cache_bytes));
  const SchedulerOptions scheduler = scheduler_options(model, options);
  HEARTH_TRY_VOID(check_context(pool, scheduler, options.context_size));
  const auto n_logits = static_cast<std::size_t>(scheduler.max_sequences + kMaxPromptLogitRows) *
                        static_cast<std::size_t>(model.n_vocab());
  HEARTH_TRY(cpu::MemoryRegion logits, cpu::MemoryRegion::reserve(n_logits * sizeof(float), /*huge_pages=*/false));
  return std::unique_ptr<Engine>(new EngineImpl(model, std::move(options), std::move(pool), std::move(logits)));
}

EngineImpl::EngineImpl(model::StepModel& model, EngineOptions options, BlockPool pool, cpu::MemoryRegion logits)
    : model_(model),
      options_(std::move(options)),
      pool_(std::move(pool)),
      logits_(std::move(logits)),
      scheduler_(pool_, scheduler_options(model, options_)),
      budget_(scheduler_options(model, options_).max_step_rows, options_.step_budget_ms),
      inbox_(options_.max_queued) {
  const int n_workers = options_.pool == nullptr ? 1 : options_.pool->n_threads();
  for (int worker = 0; worker < n_workers; ++worker) {
    workers_.emplace_back(model_.n_vocab());
  }
  for (std::int32_t group = 0; group < std::ssize(model_.kv_groups()); ++group) {
    model::KvView view = model::kv_layout(model_.kv_groups()[static_cast<std::size_t>(group)], options_.kv_type);
    view.base = reinterpret_cast<unsigned char*>(pool_.base(group));
    view.block_bytes = pool_.block_bytes(group);
    kv_.push_back(view);
  }
  publish_stats();
}

EngineImpl::~EngineImpl() {
  take_inbox();
  while (!sequences_.empty()) {
    end(*sequences_.begin()->second, FinishReason::kError, "the model was unloaded");
  }
}

Status EngineImpl::check(const SequenceRequest& request) const {
  const auto in_vocabulary = [&](TokenId token) { return token >= 0 && token < model_.n_vocab(); };
  const auto n_prompt = static_cast<std::int64_t>(request.prompt.size());
  if (request.prompt.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the prompt has no token");
  }
  if (const auto bad = std::ranges::find_if_not(request.prompt, in_vocabulary); bad != request.prompt.end()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the prompt has token {}, the vocabulary ends at {}", *bad, model_.n_vocab() - 1));
  }
  for (const auto& [token, bias] : request.sampling.logit_bias) {
    if (!in_vocabulary(token)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("logit_bias names token {}, the vocabulary ends at {}", token, model_.n_vocab() - 1),
                  "logit_bias");
    }
  }
  if (!std::ranges::all_of(request.stop_ids, in_vocabulary)) {
    return fail(ErrorCode::kInvalidArgument, "a stop id is not in the vocabulary");
  }
  if (request.max_new_tokens < 0) {
    return fail(ErrorCode::kInvalidArgument, "the number of new tokens is negative");
  }
  if (n_prompt + std::min<std::int64_t>(1, request.max_new_tokens) > options_.context_size) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the prompt has {} tokens, the context holds {}: no room for a reply", n_prompt,
                            options_.context_size),
                kPromptTooLong);
  }
  return {};
}

Result<SequenceId> EngineImpl::submit(SequenceRequest request, std::shared_ptr<TokenSink> sink) {
  HEARTH_TRY_VOID(check(request));
  auto sequence = std::make_unique<Sequence>();
  sequence->root = root_key(options_.cache_identity, request.cache_salt);
  sequence->n_prompt = static_cast<std::int64_t>(request.prompt.size());
  sequence->max_tokens =
      sequence->n_prompt + std::min(request.max_new_tokens, options_.context_size - sequence->n_prompt);
  sequence->tokens = std::move(request.prompt);
  sequence->request = std::move(request);
  sequence->sink = std::move(sink);
  return inbox_.submit(std::move(sequence));
}

void EngineImpl::cancel(SequenceId sequence) {
  inbox_.cancel(sequence);
}

bool EngineImpl::has_work() const {
  return n_sequences_.load(std::memory_order_relaxed) > 0 || !inbox_.empty();
}

EngineStats EngineImpl::stats() const {
  const std::scoped_lock lock(stats_mutex_);
  return stats_;
}

void EngineImpl::set_wake(std::function<void()> wake) {
  inbox_.set_wake(std::move(wake));
}

void EngineImpl::trim() {
  pool_.decommit_free();
  logits_.decommit(0, logits_.size_bytes());
}

bool EngineImpl::step() {
  const bool had_letters = !inbox_.empty();
  take_inbox();
  if (sequences_.empty()) {
    publish_stats();
    return had_letters;
  }
  scheduler_.plan(budget_.n_rows(scheduler_.n_decoding()), plan_);
  build_batch();
  run_model();
  scheduler_.commit(plan_);
  evaluate_rows();
  for (LogitRow& row : rows_) {
    hand_out(row);
  }
  publish_stats();
  return true;
}

void EngineImpl::take_inbox() {
  Inbox::Letters letters = inbox_.take();
  for (std::unique_ptr<Sequence>& letter : letters.submitted) {
    Sequence& sequence = *letter;
    sequences_.emplace(sequence.id, std::move(letter));
    scheduler_.enqueue(sequence);
    if (sequence.max_tokens == sequence.n_prompt && !sequence.request.prompt_logprobs) {
      end(sequence, FinishReason::kLength);
    }
  }
  for (const SequenceId id : letters.cancelled) {
    if (const auto found = sequences_.find(id); found != sequences_.end()) {
      end(*found->second, FinishReason::kCancelled);
    }
  }
  n_sequences_.store(static_cast<std::int64_t>(sequences_.size()), std::memory_order_relaxed);
}

void EngineImpl::build_batch() {
  batch_tokens_.clear();
  batch_sequences_.clear();
  batch_tables_.clear();
  batch_logit_rows_.clear();
  rows_.clear();
  for (const PlannedRows& rows : plan_.rows) {
    for (const BlockTable& table : rows.sequence->tables) {
      batch_tables_.push_back(table.blocks.data());
    }
  }
  const std::size_t n_groups = kv_.size();
  for (std::size_t i = 0; i < plan_.rows.size(); ++i) {
    const PlannedRows& rows = plan_.rows[i];
    Sequence& sequence = *rows.sequence;
    if (!sequence.left_queue) {
      sequence.left_queue = true;
      inbox_.leave_queue();
      counters_.n_cached_tokens += sequence.n_cached_tokens;
    }
    const auto first_row = static_cast<std::int32_t>(batch_tokens_.size());
    batch_sequences_.push_back({first_row, rows.n_rows, rows.first_position, sequence.n_prompt,
                                std::span(batch_tables_).subspan(i * n_groups, n_groups), state_of(sequence)});
    add_logit_rows(rows);
    const auto begin = sequence.tokens.begin() + rows.first_position;
    batch_tokens_.insert(batch_tokens_.end(), begin, begin + rows.n_rows);
    counters_.n_prompt_tokens += std::clamp<std::int64_t>(sequence.n_prompt - rows.first_position, 0, rows.n_rows);
  }
}

float* EngineImpl::state_of(const Sequence& sequence) const {
  if (sequence.state_block < 0) {
    return nullptr;
  }
  const std::int32_t group = pool_.n_groups() - 1;  // behind those of the KV cache
  return reinterpret_cast<float*>(pool_.base(group) + sequence.state_block * pool_.block_bytes(group));
}

void EngineImpl::add_logit_rows(const PlannedRows& rows) {
  Sequence& sequence = *rows.sequence;
  const auto first_row = static_cast<std::int32_t>(batch_tokens_.size());
  for (std::int32_t i = 0; i < rows.n_rows; ++i) {
    const std::int64_t position = rows.first_position + i;
    const bool draws = position + 1 == sequence.n_tokens() && sequence.n_tokens() < sequence.max_tokens;
    const bool reports =
        sequence.wants_prompt_rows() && position + 1 < sequence.n_prompt && position + 1 >= sequence.n_prompt_reported;
    const bool ends = position + 1 == sequence.n_tokens();
    if (draws || reports || ends) {
      batch_logit_rows_.push_back(first_row + i);
      LogitRow& row = rows_.emplace_back();
      row.sequence = &sequence;
      row.position = position;
      row.draws = draws;
    }
  }
}

void EngineImpl::run_model() {
  const auto begin = std::chrono::steady_clock::now();
  model_.step({batch_tokens_, batch_sequences_, batch_logit_rows_, kv_}, logits_row(0).data());
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begin;
  budget_.record(plan_.n_decode_rows, plan_.n_rows - plan_.n_decode_rows, elapsed.count());
}

std::span<float> EngineImpl::logits_row(std::size_t index) const {
  const auto n_vocab = static_cast<std::size_t>(model_.n_vocab());
  return {reinterpret_cast<float*>(logits_.data()) + index * n_vocab, n_vocab};
}

void EngineImpl::evaluate_rows() {
  if (options_.logits_observer != nullptr) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      options_.logits_observer->on_logits(rows_[i].sequence->id, rows_[i].position, logits_row(i));
    }
  }
  const std::size_t n_workers = workers_.size();
  auto work = [&](int worker) {
    for (auto i = static_cast<std::size_t>(worker); i < rows_.size(); i += n_workers) {
      evaluate(rows_[i], logits_row(i), workers_[static_cast<std::size_t>(worker)]);
    }
  };
  if (rows_.size() > 1 && n_workers > 1) {
    options_.pool->run(work);
  } else {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      evaluate(rows_[i], logits_row(i), workers_[0]);
    }
  }
}

void EngineImpl::evaluate(LogitRow& row, std::span<float> logits, Worker& worker) const {
  const Sequence& sequence = *row.sequence;
  const SequenceRequest& request = sequence.request;
  const bool is_prompt_row = row.position + 1 < sequence.n_prompt;
  if (request.n_top_logprobs >= 0 || is_prompt_row) {
    row.logprobs = row_logprobs(logits, std::max(0, request.n_top_logprobs), worker.scratch);
  }
  if (is_prompt_row) {
    row.token = sequence.tokens[static_cast<std::size_t>(row.position + 1)];
  } else if (row.draws) {
    // The processors change the row; it is still needed where a log-probability is asked for.
    std::span<float> scratch = logits;
    if (row.logprobs) {
      worker.row.assign(logits.begin(), logits.end());
      scratch = worker.row;
    }
    row.token = worker.sampler.draw(
        scratch, {request.sampling, sequence.tokens, sequence.n_prompt, request.stop_ids, request.choice_index});
  }
  if (row.logprobs && row.token) {
    row.token_logit = logits[static_cast<std::size_t>(*row.token)];
  }
}

TokenEvent EngineImpl::new_event(Sequence& sequence) {
  TokenEvent event;
  event.sequence = sequence.id;
  if (!std::exchange(sequence.reported, true)) {
    event.n_cached_tokens = sequence.n_cached_tokens;
  }
  return event;
}

void EngineImpl::hand_out_prompt_token(LogitRow& row) {
  Sequence& sequence = *row.sequence;
  if (sequence.n_prompt_reported == 0) {
    TokenEvent first = new_event(sequence);
    first.is_prompt = true;
    first.token = sequence.tokens.front();
    ++sequence.n_prompt_reported;
    sequence.sink->on_token(std::move(first));
  }
  if (row.position + 1 != sequence.n_prompt_reported) {
    return;
  }
  TokenEvent event = new_event(sequence);
  event.is_prompt = true;
  event.token = *row.token;
  event.logprob = static_cast<float>(row.token_logit - row.logprobs->log_sum);
  event.top_logprobs = std::move(row.logprobs->top);
  ++sequence.n_prompt_reported;
  sequence.sink->on_token(std::move(event));
}

void EngineImpl::hand_out(LogitRow& row) {
  Sequence& sequence = *row.sequence;
  if (row.position + 1 < sequence.n_prompt) {
    hand_out_prompt_token(row);
    return;
  }
  if (sequence.request.prompt_logprobs && sequence.n_prompt_reported == 0) {
    // A prompt of one token has no row before it.
    TokenEvent only = new_event(sequence);
    only.is_prompt = true;
    only.token = sequence.tokens.front();
    ++sequence.n_prompt_reported;
    sequence.sink->on_token(std::move(only));
  }
  if (!row.draws) {
    end(sequence, FinishReason::kLength);
    return;
  }
  if (!row.token) {
    end(sequence, FinishReason::kError, row.token.error().message);
    return;
  }
  TokenEvent event = new_event(sequence);
  event.token = *row.token;
  event.is_stop = std::ranges::find(sequence.request.stop_ids, *row.token) != sequence.request.stop_ids.end();
  if (row.logprobs) {
    event.logprob = static_cast<float>(row.token_logit - row.logprobs->log_sum);
    event.top_logprobs = std::move(row.logprobs->top);
  }
  sequence.tokens.push_back(*row.token);
  ++counters_.n_generated_tokens;
  if (event.is_stop) {
    event.finish = FinishReason::kStop;
  } else if (sequence.n_tokens() == sequence.max_tokens) {
    event.finish = FinishReason::kLength;
  }
  const bool ended = event.finish.has_value();
  sequence.sink->on_token(std::move(event));
  if (ended) {
    forget(sequence);
  }
}

void EngineImpl::end(Sequence& sequence, FinishReason reason, std::string error) {
  TokenEvent event = new_event(sequence);
  event.finish = reason;
  event.error = std::move(error);
  sequence.sink->on_token(std::move(event));
  forget(sequence);
}

void EngineImpl::forget(Sequence& sequence) {
  if (!sequence.left_queue) {
    inbox_.leave_queue();
  }
  scheduler_.remove(sequence);
  sequences_.erase(SequenceId(sequence.id));
  n_sequences_.store(static_cast<std::int64_t>(sequences_.size()), std::memory_order_relaxed);
}

void EngineImpl::publish_stats() {
  std::int64_t unit = 0;
  for (std::int32_t group = 0; group < pool_.n_groups(); ++group) {
    unit += pool_.block_bytes(group);
  }
  counters_.n_running = scheduler_.n_running();
  counters_.n_waiting = scheduler_.n_waiting();
  counters_.n_preemptions = scheduler_.n_preemptions();
  counters_.n_blocks = pool_.budget_bytes() / unit;
  counters_.n_free_blocks = counters_.n_blocks - (pool_.in_use_bytes() + unit - 1) / unit;
  counters_.n_cached_blocks = (pool_.cached_bytes() + unit - 1) / unit;
  const std::scoped_lock lock(stats_mutex_);
  stats_ = counters_;
}

}  // namespace hearth::engine
