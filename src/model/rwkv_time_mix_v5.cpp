#include "model/rwkv_time_mix.h"

namespace hearth::model {

void run_rwkv_matrix_heads(RwkvPass& pass, std::int32_t layer, const float* decays, std::int64_t decay_stride) {
  const RwkvLayer& weights = pass.layer(layer);
  const RwkvWorkspace& space = pass.space();
  const std::int64_t n = pass.spec().head_dim;
  pass.for_each_head([&](const StepSequence& sequence, std::int64_t head) {
    const std::int64_t first = head * n;
    float* state = sequence.state + pass.state_layout().recurrence(layer) + first * n;
    for (std::int64_t row = sequence.first_row; row < sequence.first_row + sequence.n_rows; ++row) {
      const std::int64_t at = row * pass.stride() + first;
      float* out = pass.rows().mixed.values + at;
      pass.kernels().wkv({.receptance = space.projected[kReceptance] + at,
                          .key = space.projected[kKey] + at,
                          .value = space.projected[kValue] + at,
                          .decay = decays + row * decay_stride + first,
                          .first = weights.first + first,
                          .state = state,
                          .out = out},
                         n);
      pass.kernels().layer_norm(out, weights.head_norm.weight + first, weights.head_norm.bias + first,
                                pass.spec().head_norm_eps, n, out);
      if (pass.spec().has_gate) {
        pass.kernels().activate_multiply(kernels::Activation::kSilu, space.projected[kGate] + at, out, n, out);
      }
    }
  });
}

void run_rwkv_v5_heads(RwkvPass& pass, std::int32_t layer) {
  project_rwkv(pass, pass.layer(layer));
  pass.barrier();
  run_rwkv_matrix_heads(pass, layer, pass.layer(layer).decay, 0);
}

}  // namespace hearth::model
