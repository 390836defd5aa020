// Pass: one worker's way through one step. The sub-layers (transformer_attention, _ffn, _output) are functions on
// it.
//
// Holds what they share: the model, the plan of the step, this worker's buffers and the sub-layer output that has not
// been added to the residual stream yet.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cpu/thread_pool.h"
#include "kernels/kernel_table.h"
#include "model/length_ropes.h"
#include "model/step_plan.h"
#include "model/transformer.h"
#include "model/workspace.h"

namespace hearth::model {

struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// Part `worker` of n things dealt out in order to n_workers.
Range share(std::int64_t n, int worker, int n_workers);

// How the rows of one head's matrices are shared: by whole heads and whole panels.
struct HeadShare {
  Range heads;
  kernels::PanelRange panels;
};
struct AttentionShare {
  HeadShare query;
  HeadShare kv;
};
AttentionShare attention_share(const ArchSpec& spec, std::int32_t panel_rows, int worker, int n_workers);

// Where a layer's keys and values are.
struct KvPlace {
  std::int32_t group = 0;
  std::int32_t layer = 0;  // within the group
};

// The parts of a transformer that do not change from step to step.
struct Network {
  TransformerParts parts;
  cpu::ThreadPool* pool = nullptr;
  const kernels::KernelTable* kernels = nullptr;
  std::vector<KvGroup> kv_groups;
  std::vector<KvPlace> kv_places;   // [n_layers]
  std::vector<float> alibi_slopes;  // [n_heads] or empty
  LengthRopes length_ropes;
  Workspace space;
};

// What a sub-layer left in Workspace::output for the next norm to add.
struct PendingOutput {
  bool exists = false;
  Norm post_norm;
  Norm residual_norm;
  bool is_mixture = false;     // one row per slot, to be weighted by the routing
  bool has_shared = false;     // Workspace::shared_output has its part, to be weighted by RowBuffers::shared_weights
  bool has_attention = false;  // Workspace::attention_output is to be added as well
};

class Pass {
 public:
  Pass(Network& network, StepPlan& plan, int worker);

  const ArchSpec& spec() const { return network_.parts.spec; }
  const Weights& weights() const { return network_.parts.weights; }
  const kernels::KernelTable& kernels() const { return *network_.kernels; }
  Network& network() const { return network_; }
  Workspace& space() const { return network_.space; }
  WorkerScratch& scratch() const { return network_.space.workers[static_cast<std::size_t>(worker_)]; }
  StepPlan& plan() const { return plan_; }
  int worker() const { return worker_; }
  int n_workers() const { return network_.pool->n_threads(); }
  std::int32_t n_rows() const { return plan_.n_rows(); }
  RowBuffers& rows() const { return *rows_; }

  // The rows of n that this worker prepares: all of them where every worker prepares its own.
  Range prepared(std::int64_t n) const { return is_shared_ ? share(n, worker_, n_workers()) : Range{0, n}; }
  bool is_shared() const { return is_shared_; }
  // After preparing: a barrier where rows were shared out.
  void finish_preparing() const;
  void barrier() const { network_.pool->barrier(); }

  // Panels of a matrix that are this worker's.
  kernels::PanelRange panels(const kernels::PackedMatrix& matrix) const;

  // Adds the pending output to row `row` of the residual stream; returns the row.
  float* add_pending(std::int64_t row) const;
  void set_pending(const PendingOutput& pending) { pending_ = pending; }
  float* residual(std::int64_t row) const { return rows_->hidden + row * row_stride(spec().hidden_dim); }

  // A norm that does not exist copies.
  void norm(const Norm& norm, const float* x, float* out) const;
  // One row through a matrix that reads floats, by this worker alone. x: 64-byte aligned.
  void multiply_row(const Linear& linear, const float* x, float* out) const;

  // Writes `values` as row `row` of `inputs` in each of the forms and orders that `linears` read.
  void quantize(std::span<const Linear* const> linears, const float* values, std::int64_t row, InputRows& inputs) const;
  // Rows [first_row, first_row + n) as `linear` reads them; `values` are the float rows.
  kernels::ActivationView view(const Linear& linear, const InputRows& inputs, const float* values, Range rows) const;

 private:
  Network& network_;
  StepPlan& plan_;
  int worker_;
  bool is_shared_;
  RowBuffers* rows_;
  float* add_mixture(std::int64_t row) const;
  // x += output, scaled as the model scales what its sub-layers add.
  void add_scaled(const float* output, float* x) const;
  void put_in_order(const Linear& linear, const float* values, float* out) const;
  void quantize_ordered(std::span<const Linear* const> linears, const float* values, std::int64_t row,
                        InputRows& inputs) const;

  PendingOutput pending_;
};

// The sub-layers; each begins with the pending output of the one before and leaves its own.
void run_attention(Pass& pass, std::int32_t layer);
void run_ffn(Pass& pass, std::int32_t layer);
void run_output(Pass& pass);

}  // namespace hearth::model
