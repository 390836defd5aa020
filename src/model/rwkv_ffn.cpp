#include "model/rwkv_pass.h"

namespace hearth::model {

using kernels::Activation;

// V relu(K x_k)², times σ(R x_r) before RWKV-7.
void run_rwkv_ffn(RwkvPass& pass, std::int32_t layer) {
  const RwkvLayer& weights = pass.layer(layer);
  const RwkvWorkspace& space = pass.space();
  const bool has_receptance = pass.spec().has_ffn_receptance();
  const std::int64_t shift_offset = pass.state_layout().ffn_shift(layer);
  pass.begin_sub_layer(weights.ffn_norm, /*halves=*/false);
  const RwkvRows& own = pass.rows();
  const Range rows = pass.prepared(pass.n_rows());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* before = pass.row_before(row, shift_offset);
    pass.shift(row, before, weights.ffn_shift_key, own.inputs[kKey].values + row * pass.stride());
    pass.quantize(weights.ffn_key, row, own.inputs[kKey]);
    if (has_receptance) {
      pass.shift(row, before, weights.ffn_shift_receptance, own.inputs[kReceptance].values + row * pass.stride());
      pass.quantize(weights.ffn_receptance, row, own.inputs[kReceptance]);
    }
  }
  pass.finish_preparing();
  pass.project(weights.ffn_key, own.inputs[kKey], own.ffn_key.values, [&](float* values, std::int64_t n) {
    pass.kernels().activate(Activation::kReluSquared, values, n, values);
  });
  if (has_receptance) {
    pass.project(weights.ffn_receptance, own.inputs[kReceptance], space.projected[kReceptance], kAsComputed);
  }
  pass.barrier();
  pass.keep_last_rows(shift_offset);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    pass.quantize(weights.ffn_value, row, own.ffn_key);
  }
  pass.finish_preparing();
  pass.project(weights.ffn_value, own.ffn_key, space.output, [&](float* values, std::int64_t n) {
    if (has_receptance) {
      const float* receptance = space.projected[kReceptance] + (values - space.output);
      pass.kernels().activate_multiply(Activation::kSigmoid, receptance, values, n, values);
    }
  });
  pass.barrier();
  pass.set_output();
}

// Logits of the rows that want them, gathered in front of a buffer that no sub-layer needs any more.
void run_rwkv_output(RwkvPass& pass) {
  const StepBatch& batch = *pass.step().batch;
  const Linear& head = pass.weights().head;
  const InputRows& inputs = pass.rows().inputs[kReceptance];
  const auto n_logit_rows = static_cast<std::int64_t>(batch.logit_rows.size());
  if (n_logit_rows == 0) {
    return;
  }
  const Range rows = pass.prepared(n_logit_rows);
  const bool halves = pass.halves_before(pass.spec().n_layers);
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    const float* x = pass.add_output(batch.logit_rows[static_cast<std::size_t>(i)], halves);
    pass.norm(pass.weights().output_norm, x, inputs.values + i * pass.stride());
    pass.quantize(head, i, inputs);
  }
  pass.finish_preparing();
  const Range panels = pass.part_of(head.matrix.n_panels());
  pass.kernels().gemm(head.matrix, pass.view(head, inputs, n_logit_rows), {panels.begin, panels.end},
                      {.values = pass.step().logits, .row_stride = head.matrix.n_rows, .bias = head.bias});
}

}  // namespace hearth::model
