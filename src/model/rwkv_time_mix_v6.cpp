#include "model/rwkv_names.h"
#include "model/rwkv_time_mix.h"

namespace hearth::model {

using kernels::Activation;

void run_rwkv_v6_shift(RwkvPass& pass, std::int32_t layer) {
  const RwkvLayer& weights = pass.layer(layer);
  const RwkvWorkspace& space = pass.space();
  const std::int64_t shift_offset = pass.state_layout().time_shift(layer);
  const Range rows = pass.prepared(pass.n_rows());
  // RWKV-6 has no rate: its input's place is free.
  float* mixed = pass.rows().inputs[kRate].values;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    pass.shift(row, pass.row_before(row, shift_offset), weights.shift_x, mixed + row * pass.stride());
  }
  pass.finish_preparing();
  const auto for_each_lora = [&](auto function) {
    for (std::size_t i = 0; i < kRwkvProjections; ++i) {
      if (weights.shift_lora[i].exists()) {
        function(i);
      }
    }
  };
  for_each_lora([&](std::size_t i) {
    pass.lora_down(weights.shift_lora[i], mixed, space.ranks[i], [&](float* values, std::int64_t n) {
      pass.kernels().activate(Activation::kTanh, values, n, values);
    });
  });
  pass.barrier();
  for_each_lora(
      [&](std::size_t i) { pass.lora_up(weights.shift_lora[i], space.ranks[i], space.shifts[i], kAsComputed); });
  pass.barrier();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const std::int64_t at = row * pass.stride();
    for_each_lora([&](std::size_t i) {
      pass.shift(row, pass.row_before(row, shift_offset), space.shifts[i] + at, pass.rows().inputs[i].values + at);
      quantize_rwkv_input(pass, weights, static_cast<RwkvProjection>(i), row);
    });
  }
  pass.finish_preparing();
}

void run_rwkv_v6_heads(RwkvPass& pass, std::int32_t layer) {
  const RwkvLayer& weights = pass.layer(layer);
  const RwkvWorkspace& space = pass.space();
  project_rwkv(pass, weights);
  pass.lora_down(weights.decay_lora, pass.rows().inputs[kDecay].values, space.ranks[kDecay],
                 [&](float* values, std::int64_t n) { pass.kernels().activate(Activation::kTanh, values, n, values); });
  pass.barrier();
  // exp(-exp(x))
  pass.lora_up(weights.decay_lora, space.ranks[kDecay], space.projected[kDecay], [&](float* values, std::int64_t n) {
    pass.kernels().activate(Activation::kExp, values, n, values);
    pass.kernels().scale(values, -1.0F, n, values);
    pass.kernels().activate(Activation::kExp, values, n, values);
  });
  pass.barrier();
  run_rwkv_matrix_heads(pass, layer, space.projected[kDecay], pass.stride());
}

}  // namespace hearth::model
