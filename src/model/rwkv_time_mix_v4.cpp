#include <algorithm>

#include "model/rwkv_time_mix.h"

namespace hearth::model {

void run_rwkv_v4_heads(RwkvPass& pass, std::int32_t layer) {
  const RwkvLayer& weights = pass.layer(layer);
  const std::int64_t n_channels = pass.spec().hidden_dim;
  project_rwkv(pass, weights);
  pass.barrier();
  pass.for_each_head([&](const StepSequence& sequence, std::int64_t head) {
    const std::int64_t first = head * pass.spec().head_dim;
    const std::int64_t n = std::min<std::int64_t>(pass.spec().head_dim, n_channels - first);
    float* state = sequence.state + pass.state_layout().recurrence(layer) + first;
    for (std::int64_t row = sequence.first_row; row < sequence.first_row + sequence.n_rows; ++row) {
      const std::int64_t at = row * pass.stride() + first;
      float* out = pass.rows().mixed.values + at;
      pass.kernels().wkv4({.key = pass.space().projected[kKey] + at,
                           .value = pass.space().projected[kValue] + at,
                           .decay = weights.decay + first,
                           .first = weights.first + first,
                           .numerator = state,
                           .denominator = state + n_channels,
                           .exponent = state + 2 * n_channels,
                           .out = out},
                          n);
      pass.kernels().activate_multiply(kernels::Activation::kSigmoid, pass.space().projected[kReceptance] + at, out, n,
                                       out);
    }
  });
}

}  // namespace hearth::model
