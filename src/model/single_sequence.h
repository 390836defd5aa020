// SingleSequence: one sequence over a contiguous KV cache with an identity block table, without an engine.
//
// `hearth logits`, `hearth perplexity` and tests run models through it; the engine's results are compared with its own.
// Logits do not depend on how the tokens of a call are cut into chunks.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "cpu/memory_region.h"
#include "model/model.h"

namespace hearth::model {

class SingleSequence {
 public:
  // Logits of the token at `position`, [n_vocab]; valid during the call.
  using LogitsVisitor = std::function<void(std::int64_t position, std::span<const float> logits)>;

  // Room for `capacity` positions; memory is committed as positions are used. The model must outlive the sequence.
  // Errors: unavailable (no address space).
  static Result<SingleSequence> create(Model& model, KvType kv_type, std::int64_t capacity);

  // Appends tokens, at most chunk_rows per step (capped by the model), and hands over the logits of every token or,
  // with only_last, of the last one. Where rope depends on the length of the prompt, that is all that is then there.
  // Errors: invalid_argument (a token outside the vocabulary, more than the capacity).
  Status feed(std::span<const std::int32_t> tokens, std::int64_t chunk_rows, bool only_last,
              const LogitsVisitor& visitor);

  // Forgets all positions from `position` on. A recurrent model's sequence can only go back to 0.
  void rewind(std::int64_t position);

  std::int64_t position() const { return position_; }
  Model& model() const { return *model_; }

 private:
  SingleSequence(Model& model, std::int64_t capacity) : model_(&model), capacity_(capacity) {}
  Status check(std::span<const std::int32_t> tokens) const;
  void step(std::span<const std::int32_t> tokens, std::int64_t prompt_length, std::int32_t n_logit_rows);

  Model* model_;
  std::int64_t capacity_;
  std::int64_t position_ = 0;
  cpu::MemoryRegion memory_;
  std::vector<KvView> kv_;                   // one per group
  std::vector<std::int32_t> block_table_;    // i -> i
  std::vector<const std::int32_t*> tables_;  // one per group
  std::vector<std::int32_t> logit_rows_;
  std::vector<float> logits_;
  std::vector<float> state_;  // of a recurrent model
};

// What `hearth logits` prints.
struct LogitsReport {
  std::vector<std::int32_t> argmax_per_pos;
  std::vector<float> last_logits;
  std::vector<std::int32_t> generated;  // greedy; no token ends it
};

// The lowest index of the highest value.
std::int32_t greedy_token(std::span<const float> logits);

// Feeds `tokens` to the end of `sequence`, then n_generate greedy ones. Errors: those of feed(), and invalid_argument
// for no tokens.
Result<LogitsReport> report_logits(SingleSequence& sequence, std::span<const std::int32_t> tokens,
                                   std::int64_t chunk_rows, std::int64_t n_generate);

}  // namespace hearth::model
