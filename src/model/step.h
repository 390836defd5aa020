// StepBatch: the rows that one forward pass computes, and StepModel, what can compute them.
//
// engine fills a StepBatch from its sequences and block tables; model/single_sequence fills one for a single sequence
// without an engine. Everything is plain pointers owned by the caller for the length of the call.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/attention.h"

namespace hearth::model {

using kernels::KvType;
using kernels::KvView;

// Consecutive rows of one sequence within a batch.
struct StepSequence {
  std::int32_t first_row = 0;
  std::int32_t n_rows = 0;
  std::int64_t first_position = 0;  // absolute position of the first row
  // For rope that depends on the sequence length: row p uses max(prompt_length, p + 1).
  std::int64_t prompt_length = 0;
  // One table per KV group: block id of positions [32 i, 32 i + 32). Entries wholly before a window may be -1.
  std::span<const std::int32_t* const> block_tables;
  // Of a recurrent model: the sequence's state before its first row, [state_floats()], updated in place. What is
  // there before position 0 does not matter. Null for others.
  float* state = nullptr;
};

struct StepBatch {
  std::span<const std::int32_t> tokens;      // one per row
  std::span<const StepSequence> sequences;   // cover all rows in order
  std::span<const std::int32_t> logit_rows;  // rows whose logits are wanted, ascending
  std::span<const KvView> kv;                // one per KV group
};

// Layers that share a block table: the global ones, or those with one window.
struct KvGroup {
  std::int32_t window = 0;  // 0: global
  std::int32_t n_layers = 0;
  std::int32_t n_kv_heads = 0;
  std::int32_t head_dim = 0;
};

// The layout of one block of a group, for a KV type: strides of KvView, base left null.
KvView kv_layout(const KvGroup& group, KvType type);

class StepModel {
 public:
  virtual ~StepModel() = default;

  virtual std::int32_t n_vocab() const = 0;
  virtual std::span<const KvGroup> kv_groups() const = 0;
  // Floats of recurrent state per sequence; 0 for a model that keeps all it needs in the KV cache.
  virtual std::int64_t state_floats() const { return 0; }
  // The most rows one step may hold.
  virtual std::int32_t max_rows() const = 0;

  // Writes keys and values of every row to the cache and the logits of logit_rows to `logits`, [n_logit_rows, n_vocab].
  // Called by one thread, which is worker 0 of the model's pool. Cannot fail: everything was checked at load.
  virtual void step(const StepBatch& batch, float* logits) = 0;
};

}  // namespace hearth::model
