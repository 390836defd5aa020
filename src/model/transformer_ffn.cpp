#include <algorithm>
#include <array>
#include <cstring>

#include "model/pass.h"
#include "model/router.h"

namespace hearth::model {
namespace {

// Gate and up are computed for some panels at a time, so that their outputs are still in the cache when they meet.
constexpr std::int64_t kChunkFloats = 32 << 10;

// The rows an expert works on: slots [begin, end) of `inputs`.
struct ExpertRows {
  const FeedForward* expert = nullptr;
  Range slots;
};

// Residual, norm, router and quantisation of the rows of this layer.
void prepare_inputs(Pass& pass, const LayerWeights& weights) {
  const FeedForward& first = weights.experts.front();
  const std::array<const Linear*, 2> readers = {&first.gate, &first.up};
  const ExpertSpec& experts = pass.spec().experts;
  const bool is_mixture = experts.n_experts > 0;
  InputRows& inputs = pass.rows().inputs;
  const std::int64_t stride = row_stride(pass.spec().hidden_dim);
  std::int32_t* chosen = pass.is_shared() ? pass.space().experts : pass.scratch().routing.experts;
  float* chosen_weights = pass.is_shared() ? pass.space().expert_weights : pass.scratch().routing.weights;
  const Range rows = pass.prepared(pass.n_rows());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    float* normed = inputs.values + row * stride;
    pass.norm(weights.ffn_norm, pass.add_pending(row), normed);
    if (is_mixture) {
      const std::int64_t n_experts = experts.n_experts;
      float* logits = pass.scratch().router_logits;
      pass.kernels().gemm(weights.router.matrix, pass.view(weights.router, inputs, inputs.values, {row, row + 1}),
                          {0, weights.router.matrix.n_panels()},
                          {.values = logits, .row_stride = n_experts, .bias = weights.router.bias});
      choose_experts(experts, {logits, static_cast<std::size_t>(n_experts)}, chosen + row * experts.n_used,
                     chosen_weights + row * experts.n_used);
    } else {
      pass.quantize(readers, normed, row, inputs);
    }
  }
  pass.finish_preparing();
}

// Brings the rows into the order of experts.
void gather_slots(Pass& pass, const LayerWeights& weights) {
  const FeedForward& first = weights.experts.front();
  const std::array<const Linear*, 2> readers = {&first.gate, &first.up};
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
    pass.quantize(readers, values, slot, rows.gathered);
  }
  pass.finish_preparing();
}

// This worker's columns of activation(gate(x)) * up(x) for one expert's slots.
void gate_and_up(Pass& pass, const ExpertRows& rows, const InputRows& inputs) {
  const Linear& gate = rows.expert->gate;
  const Linear& up = rows.expert->up;
  const std::int64_t n_slots = rows.slots.end - rows.slots.begin;
  const std::int64_t stride = row_stride(gate.matrix.n_rows);
  float* gated = pass.space().gated + rows.slots.begin * stride;
  float* upped = pass.space().up + rows.slots.begin * stride;
  const kernels::ActivationView gate_input = pass.view(gate, inputs, inputs.values, rows.slots);
  const kernels::ActivationView up_input = pass.view(up, inputs, inputs.values, rows.slots);
  const kernels::PanelRange mine = pass.panels(gate.matrix);
  const std::int64_t panel_rows = gate.matrix.panel_rows;
  const std::int64_t step = std::max<std::int64_t>(1, kChunkFloats / (n_slots * panel_rows));
  for (std::int64_t begin = mine.begin; begin < mine.end; begin += step) {
    const kernels::PanelRange chunk = {begin, std::min(begin + step, mine.end)};
    pass.kernels().gemm(gate.matrix, gate_input, chunk, {.values = gated, .row_stride = stride, .bias = gate.bias});
    pass.kernels().gemm(up.matrix, up_input, chunk, {.values = upped, .row_stride = stride, .bias = up.bias});
    const std::int64_t first_col = chunk.begin * panel_rows;
    const std::int64_t n_cols = std::min(chunk.end * panel_rows, gate.matrix.n_rows) - first_col;
    for (std::int64_t slot = 0; slot < n_slots; ++slot) {
      const std::int64_t offset = slot * stride + first_col;
      pass.kernels().activate_multiply(pass.spec().activation, gated + offset, upped + offset, n_cols, gated + offset);
    }
  }
}

void down(Pass& pass, const ExpertRows& rows) {
  const Linear& down = rows.expert->down;
  const std::int64_t stride = row_stride(down.matrix.n_rows);
  const kernels::ActivationView input = pass.view(down, pass.rows().inputs, pass.space().gated, rows.slots);
  pass.kernels().gemm(
      down.matrix, input, pass.panels(down.matrix),
      {.values = pass.space().output + rows.slots.begin * stride, .row_stride = stride, .bias = down.bias});
}

// Calls function(ExpertRows) for every expert that has slots.
template <typename Function>
void for_each_expert(const Pass& pass, const LayerWeights& weights, Function function) {
  if (pass.spec().experts.n_experts == 0) {
    function(ExpertRows{&weights.experts.front(), {0, pass.n_rows()}});
    return;
  }
  const Routing& routing = pass.scratch().routing;
  for (std::size_t i = 0; i < weights.experts.size(); ++i) {
    const Range slots = {routing.first_slots[i], routing.first_slots[i + 1]};
    if (slots.begin < slots.end) {
      function(ExpertRows{&weights.experts[i], slots});
    }
  }
}

void quantize_gated(Pass& pass, const LayerWeights& weights) {
  const Linear& down = weights.experts.front().down;
  if (down.input == ActivationKind::kF32) {
    return;
  }
  const std::array<const Linear*, 1> readers = {&down};
  const std::int64_t n_slots = std::int64_t{pass.n_rows()} * std::max(1, pass.spec().experts.n_used);
  const Range slots = pass.prepared(n_slots);
  for (std::int64_t slot = slots.begin; slot < slots.end; ++slot) {
    pass.quantize(readers, pass.space().gated + slot * row_stride(down.matrix.n_cols), slot, pass.rows().inputs);
  }
  pass.finish_preparing();
}

}  // namespace

void run_ffn(Pass& pass, std::int32_t layer) {
  const LayerWeights& weights = pass.weights().layers[static_cast<std::size_t>(layer)];
  const bool is_mixture = pass.spec().experts.n_experts > 0;
  prepare_inputs(pass, weights);
  if (is_mixture) {
    gather_slots(pass, weights);
  }
  const InputRows& inputs = is_mixture ? pass.rows().gathered : pass.rows().inputs;
  for_each_expert(pass, weights, [&](const ExpertRows& rows) { gate_and_up(pass, rows, inputs); });
  pass.barrier();
  quantize_gated(pass, weights);
  for_each_expert(pass, weights, [&](const ExpertRows& rows) { down(pass, rows); });
  pass.barrier();
  pass.set_pending({.exists = true, .post_norm = weights.ffn_post_norm, .is_mixture = is_mixture});
}

}  // namespace hearth::model
