// RwkvPass: one worker's way through one step of an RWKV model. The sub-layers (rwkv_time_mix*, rwkv_ffn) are functions
// on it.
//
// Workers share out rows where many rows are prepared, panels where matrices are multiplied and heads where the
// recurrence runs, and meet at a barrier in between. Every value is computed by one formula whatever the number of rows
// and workers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cpu/memory_region.h"
#include "cpu/thread_pool.h"
#include "kernels/kernel_table.h"
#include "model/pass.h"
#include "model/rwkv_spec.h"
#include "model/rwkv_weights.h"
#include "model/step.h"
#include "model/workspace.h"

namespace hearth::model {

// What rows are prepared in: few rows (below kRedundantRows) by every worker in memory of its own, so that no barrier
// is needed before the matrix that reads them; many rows are shared out, in the shared memory. Rows begin row_stride(n)
// floats apart.
struct RwkvRows {
  float* hidden = nullptr;                         // residual stream [n_rows, hidden_dim]
  float* normed = nullptr;                         // what a sub-layer reads, before the token shift; as hidden
  std::array<InputRows, kRwkvProjections> inputs;  // after the token shift
  // Values of all workers, quantised forms of this one.
  InputRows mixed;    // what the recurrence gave, [n_rows, hidden_dim]
  InputRows ffn_key;  // [n_rows, ffn_dim]
};

// Scratch memory, allocated once at load; all [max_rows, hidden_dim] where nothing else is said.
struct RwkvWorkspace {
  RwkvRows rows;
  std::vector<RwkvRows> own_rows;  // per worker, of kRedundantRows rows
  float* output = nullptr;         // of a sub-layer, not yet added to the residual stream
  float* first_value = nullptr;    // RWKV-7: the values of layer 0
  float* value_gate = nullptr;     // RWKV-7: how much of them a value takes
  std::array<float*, kRwkvProjections> projected = {};
  std::array<float*, kRwkvProjections> shifts = {};  // RWKV-6: weights of the token shift
  std::array<float*, kRwkvProjections> ranks = {};   // of loras, [max_rows, max_rank]
  std::vector<float*> scratch;                       // per worker, [3, head_dim]
  cpu::MemoryRegion memory;
};

// The parts of a model that do not change from step to step.
struct RwkvNetwork {
  RwkvSpec spec;
  RwkvWeights weights;
  cpu::ThreadPool* pool = nullptr;
  const kernels::KernelTable* kernels = nullptr;
  RwkvWorkspace space;
};

// Errors: unavailable (no memory).
Result<RwkvWorkspace> make_rwkv_workspace(const RwkvSpec& spec, std::int64_t max_rank,
                                          const kernels::KernelTable& kernels, std::int32_t max_rows, int n_workers);

// Where things are in a sequence's state: per layer the last inputs of both sub-layers, then the recurrence's own
// state, [3, hidden_dim] (numerator, denominator, exponent) for RWKV-4, [n_heads, head_dim, head_dim] for the others.
class RwkvStateLayout {
 public:
  explicit RwkvStateLayout(const RwkvSpec& spec);

  std::int64_t n_floats() const { return n_layers_ * layer_floats_; }
  std::int64_t time_shift(std::int32_t layer) const { return layer * layer_floats_; }
  std::int64_t ffn_shift(std::int32_t layer) const { return layer * layer_floats_ + hidden_dim_; }
  std::int64_t recurrence(std::int32_t layer) const { return layer * layer_floats_ + 2 * hidden_dim_; }
  // The state before the first token.
  void clear(float* state) const;

 private:
  bool has_exponents_;
  std::int64_t n_layers_;
  std::int64_t hidden_dim_;
  std::int64_t layer_floats_;
};

struct RwkvStep {
  const StepBatch* batch = nullptr;
  float* logits = nullptr;
  std::vector<std::int32_t> sequence_of_row;
};

class RwkvPass {
 public:
  RwkvPass(RwkvNetwork& network, const RwkvStep& step, int worker);

  const RwkvSpec& spec() const { return network_.spec; }
  const RwkvLayer& layer(std::int32_t index) const { return network_.weights.layers[static_cast<std::size_t>(index)]; }
  const RwkvWeights& weights() const { return network_.weights; }
  const kernels::KernelTable& kernels() const { return *network_.kernels; }
  RwkvWorkspace& space() const { return network_.space; }
  float* scratch() const { return network_.space.scratch[static_cast<std::size_t>(worker_)]; }
  const RwkvStep& step() const { return step_; }
  const RwkvStateLayout& state_layout() const { return state_layout_; }
  std::int64_t n_rows() const { return static_cast<std::int64_t>(step_.batch->tokens.size()); }
  std::int64_t stride() const { return stride_; }  // of rows of hidden_dim
  RwkvRows& rows() const { return *rows_; }
  Range part_of(std::int64_t n) const { return share(n, worker_, network_.pool->n_threads()); }
  void barrier() const { network_.pool->barrier(); }
  // The rows of n that this worker prepares: all of them where every worker prepares its own.
  Range prepared(std::int64_t n) const { return is_shared_ ? part_of(n) : Range{0, n}; }
  // After preparing: a barrier where rows were shared out.
  void finish_preparing() const {
    if (is_shared_) {
      barrier();
    }
  }

  // Adds the last sub-layer's output to the rows of the residual stream and norms them into rows().normed.
  // The stream is halved first where `halves` (a file whose weights are scaled down by as much).
  void begin_sub_layer(const Norm& norm, bool halves);
  void norm(const Norm& norm, const float* x, float* out) const;
  // Row `row` of the residual stream with the last sub-layer's output added.
  float* add_output(std::int64_t row, bool halves) const;
  void set_output() { has_output_ = true; }
  // Whether the residual stream is halved before layer `layer` (n_layers: before the last norm).
  bool halves_before(std::int32_t layer) const {
    return layer > 0 && spec().halve_every > 0 && layer % spec().halve_every == 0;
  }

  // The normed row before row `row`: of the step, or from the sequence's state at `state_offset`.
  const float* row_before(std::int64_t row, std::int64_t state_offset) const;
  // Row `row` mixed with the one before by `shift`; RWKV-4 and -5 state the weight of the row itself, later ones that
  // of the one before.
  void shift(std::int64_t row, const float* before, const float* shift, float* out) const;
  // Puts the last normed row of every sequence into its state; behind a barrier after all have read what is there.
  void keep_last_rows(std::int64_t state_offset) const;

  // Row `row` of `inputs` in the form that `linear` reads; its floats are there.
  void quantize(const Linear& linear, std::int64_t row, const InputRows& inputs) const;
  // The first n_rows rows as `linear` reads them.
  kernels::ActivationView view(const Linear& linear, const InputRows& inputs, std::int64_t n_rows) const;
  // This worker's columns of linear(inputs) for all rows; then function(values, n) on them, row by row.
  template <typename Function>
  void project(const Linear& linear, const InputRows& inputs, float* out, Function function) const;
  // The same with a lora: from rows of hidden_dim to rows of max_rank, and back.
  template <typename Function>
  void lora_down(const RwkvLora& lora, const float* values, float* ranks, Function function) const;
  template <typename Function>
  void lora_up(const RwkvLora& lora, const float* ranks, float* out, Function function) const;
  // Calls function(sequence, head) for this worker's heads.
  template <typename Function>
  void for_each_head(Function function) const;

 private:
  kernels::ActivationView float_view(const Linear& linear, const float* values, std::int64_t stride) const;
  template <typename Function>
  void multiply(const Linear& linear, const kernels::ActivationView& inputs, std::int64_t out_stride, float* out,
                Function function) const;

  RwkvNetwork& network_;
  const RwkvStep& step_;
  RwkvStateLayout state_layout_;
  int worker_;
  std::int64_t stride_;
  bool is_shared_;
  RwkvRows* rows_;
  bool has_output_ = false;
};

inline constexpr auto kAsComputed = [](float*, std::int64_t) {};

template <typename Function>
void RwkvPass::multiply(const Linear& linear, const kernels::ActivationView& inputs, std::int64_t out_stride,
                        float* out, Function function) const {
  const Range mine = part_of(linear.matrix.n_panels());
  kernels().gemm(linear.matrix, inputs, {mine.begin, mine.end},
                 {.values = out, .row_stride = out_stride, .bias = linear.bias});
  const std::int64_t first = mine.begin * linear.matrix.panel_rows;
  const std::int64_t n = std::min(mine.end * linear.matrix.panel_rows, linear.matrix.n_rows) - first;
  for (std::int64_t row = 0; row < inputs.n_rows && n > 0; ++row) {
    function(out + row * out_stride + first, n);
  }
}

template <typename Function>
void RwkvPass::project(const Linear& linear, const InputRows& inputs, float* out, Function function) const {
  multiply(linear, view(linear, inputs, n_rows()), row_stride(linear.matrix.n_rows), out, function);
}

template <typename Function>
void RwkvPass::lora_down(const RwkvLora& lora, const float* values, float* ranks, Function function) const {
  multiply(lora.down, float_view(lora.down, values, stride_), row_stride(weights().max_rank), ranks, function);
}

template <typename Function>
void RwkvPass::lora_up(const RwkvLora& lora, const float* ranks, float* out, Function function) const {
  multiply(lora.up, float_view(lora.up, ranks, row_stride(weights().max_rank)), stride_, out, function);
}

template <typename Function>
void RwkvPass::for_each_head(Function function) const {
  const std::span<const StepSequence> sequences = step_.batch->sequences;
  const std::int64_t n_heads = spec().n_heads;
  const Range mine = part_of(static_cast<std::int64_t>(sequences.size()) * n_heads);
  for (std::int64_t task = mine.begin; task < mine.end; ++task) {
    function(sequences[static_cast<std::size_t>(task / n_heads)], task % n_heads);
  }
}

// The sub-layers; each begins with the output of the one before and leaves its own.
void run_rwkv_time_mix(RwkvPass& pass, std::int32_t layer);
void run_rwkv_ffn(RwkvPass& pass, std::int32_t layer);
void run_rwkv_output(RwkvPass& pass);

}  // namespace hearth::model
