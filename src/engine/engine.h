// Engine: continuous batching for one loaded model.
//
// submit() and cancel() may be called from any thread; step() only from the engine thread. A sequence is prompt tokens
// in, token events out; text, JSON and HTTP live above. Sequences join and leave the batch at every step.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cpu/thread_pool.h"
#include "engine/logits_observer.h"
#include "engine/sampling_params.h"
#include "engine/token_id.h"
#include "model/step.h"

namespace hearth::engine {

enum class FinishReason : std::uint8_t { kStop, kLength, kCancelled, kError };

struct SequenceRequest {
  std::vector<TokenId> prompt;  // at least one token
  SamplingParams sampling;
  std::int64_t max_new_tokens = 0;   // >= 0; the engine caps it at the context
  std::vector<TokenId> stop_ids;     // end the sequence; reported, marked is_stop; see sampling.ignore_eos
  std::int32_t choice_index = 0;     // keys the random generator together with sampling.seed
  std::int32_t n_top_logprobs = -1;  // -1: no log-probabilities; 0: of the chosen token only
  bool prompt_logprobs = false;      // also for the prompt's tokens (echo), each in an event of its own
  std::string cache_salt;            // separates prefix-cache entries
};

struct TokenLogprob {
  TokenId token = 0;
  float logprob = 0;
};

struct TokenEvent {
  SequenceId sequence = 0;
  std::optional<TokenId> token;            // absent in an event that only ends the sequence
  bool is_stop = false;                    // the token is one of stop_ids: not part of the text
  bool is_prompt = false;                  // a prompt token with its log-probability
  std::optional<float> logprob;            // from the unmodified distribution; absent for the prompt's first token
  std::vector<TokenLogprob> top_logprobs;  // most probable first
  std::optional<FinishReason> finish;      // set in the last event
  std::string error;                       // with kError
  std::int64_t n_cached_tokens = 0;        // prompt tokens taken from the prefix cache, in the first event
};

// Receives events on the engine thread: must only hand them over, never block.
class TokenSink {
 public:
  virtual ~TokenSink() = default;
  virtual void on_token(TokenEvent event) = 0;
};

struct EngineOptions {
  std::int64_t context_size = 0;    // positions a sequence may hold
  std::int64_t kv_cache_bytes = 0;  // budget of the block pool
  model::KvType kv_type = model::KvType::kF16;
  std::int32_t max_sequences = 64;  // running at once
  std::int32_t max_queued = 256;    // waiting; beyond it submit() answers overloaded
  std::int32_t max_step_rows = 512;
  std::int32_t step_budget_ms = 100;  // while any sequence decodes
  std::string cache_identity;         // start of the prefix hash chain: weights, KV type, rope settings
  bool prefix_cache = true;
  // Where rope depends on the sequence length: the original context. Keys and values beyond it depend on the prompt's
  // length, so they are not shared.
  std::int64_t max_shared_positions = std::numeric_limits<std::int64_t>::max();
  cpu::ThreadPool* pool = nullptr;            // the model's own; also draws tokens in parallel
  LogitsObserver* logits_observer = nullptr;  // tests only
};

// Blocks are counted in units of 32 positions of all layers, for a recurrent model in states.
struct EngineStats {
  std::int64_t n_running = 0;
  std::int64_t n_waiting = 0;
  std::int64_t n_blocks = 0;
  std::int64_t n_free_blocks = 0;  // free or only held by the prefix cache
  std::int64_t n_cached_blocks = 0;
  std::int64_t n_preemptions = 0;
  std::int64_t n_prompt_tokens = 0;  // computed, since start
  std::int64_t n_cached_tokens = 0;
  std::int64_t n_generated_tokens = 0;
};

class Engine {
 public:
  // `model` must outlive the engine. Errors: invalid_argument when the budget does not hold one whole context (the
  // message gives the numbers and the largest context that fits), unavailable when the address space cannot be
  // reserved.
  static Result<std::unique_ptr<Engine>> create(model::StepModel& model, EngineOptions options);
  // Sequences that are left end with kError. Not while another thread is inside any method.
  virtual ~Engine() = default;

  // Errors: overloaded (queue full), invalid_argument (empty prompt, token out of range, prompt leaves no room: with
  // context kPromptTooLong).
  virtual Result<SequenceId> submit(SequenceRequest request, std::shared_ptr<TokenSink> sink) = 0;
  // The sequence ends with kCancelled at the next step; unknown or finished ids are ignored.
  virtual void cancel(SequenceId sequence) = 0;

  // One step: returns false when there was nothing to do. Engine thread only.
  virtual bool step() = 0;
  // From any thread.
  virtual bool has_work() const = 0;
  virtual EngineStats stats() const = 0;  // as of the last step
  // Called after submit() and cancel(), on their thread; set before either is used. EngineThread wakes up by it.
  virtual void set_wake(std::function<void()> wake) = 0;
  // Gives memory of free blocks back to the system. Engine thread only, when idle.
  virtual void trim() = 0;
};

// Error::context of a prompt that does not fit the context.
inline constexpr const char* kPromptTooLong = "context_length_exceeded";

}  // namespace hearth::engine
