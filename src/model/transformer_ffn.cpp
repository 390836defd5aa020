#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "model/pass.h"
#include "model/router.h"

namespace hearth::model {
namespace {

// Gate and up are computed for some panels at a time, so that their outputs are still in the cache when they meet.
constexpr std::int64_t kChunkFloats = 32 << 10;

// Rows [begin, end) that a feed-forward layer works on, and its buffers. Row i of gated and up is that of rows.begin +
// i.
struct FfnRows {
  const FeedForward* ffn = nullptr;
  Range rows;
  const InputRows* inputs = nullptr;       // what gate and up read
  const InputRows* down_inputs = nullptr;  // the quantised forms of gated
  float* gated = nullptr;
  float* up = nullptr;
  float* output = nullptr;
};

// The experts of one row by its normed input.
void route(Pass& pass, const LayerWeights& weights, std::int64_t row) {
  const ExpertSpec& experts = pass.spec().experts;
  const InputRows& inputs = pass.rows().inputs;
  const std::int64_t n_experts = experts.n_experts;
  float* logits = pass.scratch().router_logits;
  std::int32_t* chosen = pass.is_shared() ? pass.space().experts : pass.scratch().routing.experts;
  float* chosen_weights = pass.is_shared() ? pass.space().expert_weights : pass.scratch().routing.weights;
  const float* normed = inputs.values + row * row_stride(pass.spec().hidden_dim);
  pass.multiply_row(weights.router, normed, logits);
  choose_experts(experts, {logits, static_cast<std::size_t>(n_experts)}, chosen + row * experts.n_used,
                 chosen_weights + row * experts.n_used);
  if (experts.shared_ffn_dim > 0) {
    float& weight = pass.rows().shared_weights[row];
    weight = 1.0F;
    if (experts.shared_gate) {
      pass.multiply_row(weights.shared_expert_gate, normed, logits);
      weight = 1.0F / (1.0F + std::exp(-logits[0]));
    }
  }
}

// Residual, norm, router and quantisation of the rows of this layer.
void prepare_inputs(Pass& pass, const LayerWeights& weights, bool is_mixture) {
  const bool has_shared = is_mixture && pass.spec().experts.shared_ffn_dim > 0;
  const FeedForward& first = has_shared ? weights.shared : weights.experts.front();
  const std::array<const Linear*, 2> readers = {&first.gate, &first.up};
  const bool is_parallel = pass.spec().parallel_block;
  InputRows& inputs = pass.rows().inputs;
  const std::int64_t stride = row_stride(pass.spec().hidden_dim);
  const Range rows = pass.prepared(pass.n_rows());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    float* normed = inputs.values + row * stride;
    pass.norm(weights.ffn_norm, is_parallel ? pass.residual(row) : pass.add_pending(row), normed);
    if (is_mixture) {
      route(pass, weights, row);
    }
    if (!is_mixture || has_shared) {
      pass.quantize(readers, normed, row, inputs);
    }
  }
  pass.finish_preparing();
}

// The expert whose slot this is, which matters where experts read their inputs in orders of their own.
const FeedForward& expert_of(const Pass& pass, const LayerWeights& weights, std::int64_t slot) {
  if (pass.weights().n_order_slots == 0) {
    return weights.experts.front();
  }
  const std::int32_t* first_slots = pass.scratch().routing.first_slots;
  const std::int32_t* next = std::upper_bound(first_slots, first_slots + weights.experts.size(), slot);
  return weights.experts[static_cast<std::size_t>(next - first_slots - 1)];
}

// Brings the rows into the order of experts.
void gather_slots(Pass& pass, const LayerWeights& weights) {
  const ExpertSpec& experts = pass.spec().experts;
  Routing& routing = pass.scratch().routing;
  sort_slots(experts, pass.is_shared() ? pass.space().experts : routing.experts, pass.n_rows(), routing);
  RowBuffers& rows = pass.rows();
  const std::int64_t stride = row_stride(pass.spec().hidden_dim);
  const Range slots = pass.prepared(std::int64_t{pass.n_rows()} * experts.n_used);
  for (std::int64_t slot = slots.begin; slot < slots.end; ++slot) {
    float* values = rows.gathered.values + slot * stride;
    std::memcpy(values, rows.inputs.values + routing.slot_rows[slot] * stride,
                static_cast<std::size_t>(pass.spec().hidden_dim) * sizeof(float));
    const FeedForward& expert = expert_of(pass, weights, slot);
    const std::array<const Linear*, 2> readers = {&expert.gate, &expert.up};
    pass.quantize(readers, values, slot, rows.gathered);
  }
  pass.finish_preparing();
}

// This worker's columns of activation(gate(x)) * up(x), or of activation(up(x)).
void gate_and_up(Pass& pass, const FfnRows& work) {
  const Linear& gate = work.ffn->gate;
  const Linear& up = work.ffn->up;
  const bool is_gated = pass.spec().gated;
  const std::int64_t n_rows = work.rows.end - work.rows.begin;
  const std::int64_t stride = row_stride(up.matrix.n_rows);
  const kernels::ActivationView gate_input = pass.view(gate, *work.inputs, work.inputs->values, work.rows);
  const kernels::ActivationView up_input = pass.view(up, *work.inputs, work.inputs->values, work.rows);
  const kernels::PanelRange mine = pass.panels(up.matrix);
  const std::int64_t panel_rows = up.matrix.panel_rows;
  const std::int64_t step = std::max<std::int64_t>(1, kChunkFloats / (n_rows * panel_rows));
  float* const up_values = is_gated ? work.up : work.gated;
  for (std::int64_t begin = mine.begin; begin < mine.end; begin += step) {
    const kernels::PanelRange chunk = {begin, std::min(begin + step, mine.end)};
    if (is_gated) {
      pass.kernels().gemm(gate.matrix, gate_input, chunk,
                          {.values = work.gated, .row_stride = stride, .bias = gate.bias});
    }
    pass.kernels().gemm(up.matrix, up_input, chunk, {.values = up_values, .row_stride = stride, .bias = up.bias});
    const std::int64_t first_col = chunk.begin * panel_rows;
    const std::int64_t n_cols = std::min(chunk.end * panel_rows, up.matrix.n_rows) - first_col;
    for (std::int64_t row = 0; row < n_rows; ++row) {
      float* gated = work.gated + row * stride + first_col;
      if (is_gated) {
        pass.kernels().activate_multiply(pass.spec().activation, gated, work.up + row * stride + first_col, n_cols,
                                         gated);
      } else {
        pass.kernels().activate(pass.spec().activation, gated, n_cols, gated);
      }
    }
  }
}

void down(Pass& pass, const FfnRows& work) {
  const Linear& down = work.ffn->down;
  const std::int64_t n_rows = work.rows.end - work.rows.begin;
  // Floats are read from gated, whose first row is rows.begin; quantised rows are those of all experts.
  const kernels::ActivationView input =
      pass.view(down, *work.down_inputs, work.gated, down.reads_floats() ? Range{0, n_rows} : work.rows);
  pass.kernels().gemm(down.matrix, input, pass.panels(down.matrix),
                      {.values = work.output, .row_stride = row_stride(down.matrix.n_rows), .bias = down.bias});
}

// Calls function(FfnRows) for the dense layer, or for every expert that has rows and the shared one.
template <typename Function>
void for_each_ffn(const Pass& pass, const LayerWeights& weights, bool is_mixture, Function function) {
  const Workspace& space = pass.space();
  const RowBuffers& buffers = pass.rows();
  const InputRows& inputs = is_mixture ? buffers.gathered : buffers.inputs;
  const auto run = [&](const FeedForward& ffn, const Range& rows) {
    const std::int64_t gated = rows.begin * row_stride(ffn.up.matrix.n_rows);
    function(FfnRows{.ffn = &ffn,
                     .rows = rows,
                     .inputs = &inputs,
                     .down_inputs = &buffers.inputs,
                     .gated = space.gated + gated,
                     .up = space.up + gated,
                     .output = space.output + rows.begin * row_stride(ffn.down.matrix.n_rows)});
  };
  if (!is_mixture) {
    run(weights.experts.front(), {0, pass.n_rows()});
    return;
  }
  const Routing& routing = pass.scratch().routing;
  for (std::size_t i = 0; i < weights.experts.size(); ++i) {
    const Range slots = {routing.first_slots[i], routing.first_slots[i + 1]};
    if (slots.begin < slots.end) {
      run(weights.experts[i], slots);
    }
  }
  if (pass.spec().experts.shared_ffn_dim > 0) {
    function(FfnRows{.ffn = &weights.shared,
                     .rows = {0, pass.n_rows()},
                     .inputs = &buffers.inputs,
                     .down_inputs = &buffers.shared,
                     .gated = space.shared_gated,
                     .up = space.shared_up,
                     .output = space.shared_output});
  }
}

// Rows of `gated` in the form that reader(row), a down, reads, to `inputs`.
template <typename Reader>
void quantize_rows(Pass& pass, const float* gated, std::int64_t n_rows, InputRows& inputs, Reader reader) {
  const Range rows = pass.prepared(n_rows);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const Linear& down = reader(row);
    if (!down.reads_floats()) {
      const std::array<const Linear*, 1> readers = {&down};
      pass.quantize(readers, gated + row * row_stride(down.matrix.n_cols), row, inputs);
    }
  }
}

void quantize_gated(Pass& pass, const LayerWeights& weights, bool is_mixture) {
  const bool has_shared = is_mixture && pass.spec().experts.shared_ffn_dim > 0;
  const Linear& down = weights.experts.front().down;
  quantize_rows(pass, pass.space().gated, std::int64_t{pass.n_rows()} * (is_mixture ? pass.spec().experts.n_used : 1),
                pass.rows().inputs, [&](std::int64_t row) -> const Linear& {
                  return is_mixture ? expert_of(pass, weights, row).down : down;
                });
  if (has_shared) {
    quantize_rows(pass, pass.space().shared_gated, pass.n_rows(), pass.rows().shared,
                  [&](std::int64_t) -> const Linear& { return weights.shared.down; });
  }
  if (!down.reads_floats() || (has_shared && !weights.shared.down.reads_floats())) {
    pass.finish_preparing();
  }
}

}  // namespace

void run_ffn(Pass& pass, std::int32_t layer) {
  const LayerWeights& weights = pass.weights().layers[static_cast<std::size_t>(layer)];
  const bool is_mixture = pass.spec().is_mixture(layer);
  prepare_inputs(pass, weights, is_mixture);
  if (is_mixture) {
    gather_slots(pass, weights);
  }
  for_each_ffn(pass, weights, is_mixture, [&](const FfnRows& work) { gate_and_up(pass, work); });
  pass.barrier();
  quantize_gated(pass, weights, is_mixture);
  for_each_ffn(pass, weights, is_mixture, [&](const FfnRows& work) { down(pass, work); });
  pass.barrier();
  pass.set_pending({.exists = true,
                    .post_norm = weights.ffn_post_norm,
                    .residual_norm = weights.ffn_residual_norm,
                    .is_mixture = is_mixture,
                    .has_shared = is_mixture && pass.spec().experts.shared_ffn_dim > 0,
                    .has_attention = pass.spec().parallel_block});
}

}  // namespace hearth::model
