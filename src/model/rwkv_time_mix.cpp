#include "model/rwkv_time_mix.h"

namespace hearth::model {
namespace {

// The matrix behind a projection; null where a lora reads the input as floats.
const Linear* matrix_of(const RwkvLayer& weights, RwkvProjection index) {
  switch (index) {
    case kReceptance:
      return &weights.receptance;
    case kKey:
      return &weights.key;
    case kValue:
      return &weights.value;
    case kGate:
      return weights.gate.matrix.n_rows > 0 ? &weights.gate : nullptr;
    default:
      return nullptr;
  }
}

void shift_inputs(RwkvPass& pass, std::int32_t layer) {
  const RwkvLayer& weights = pass.layer(layer);
  const Range rows = pass.prepared(pass.n_rows());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* before = pass.row_before(row, pass.state_layout().time_shift(layer));
    for (std::size_t i = 0; i < kRwkvProjections; ++i) {
      if (weights.shift[i] != nullptr) {
        pass.shift(row, before, weights.shift[i], pass.rows().inputs[i].values + row * pass.stride());
        quantize_rwkv_input(pass, weights, static_cast<RwkvProjection>(i), row);
      }
    }
  }
  pass.finish_preparing();
}

void run_heads(RwkvPass& pass, std::int32_t layer) {
  switch (pass.spec().time_mix) {
    case RwkvTimeMix::kV4:
      return run_rwkv_v4_heads(pass, layer);
    case RwkvTimeMix::kV5:
      return run_rwkv_v5_heads(pass, layer);
    case RwkvTimeMix::kV6:
      return run_rwkv_v6_heads(pass, layer);
    case RwkvTimeMix::kV7:
      return run_rwkv_v7_heads(pass, layer);
  }
}

}  // namespace

void quantize_rwkv_input(RwkvPass& pass, const RwkvLayer& weights, RwkvProjection index, std::int64_t row) {
  if (const Linear* matrix = matrix_of(weights, index)) {
    pass.quantize(*matrix, row, pass.rows().inputs[index]);
  }
}

void project_rwkv(RwkvPass& pass, const RwkvLayer& weights) {
  for (const RwkvProjection index : {kReceptance, kKey, kValue, kGate}) {
    if (const Linear* matrix = matrix_of(weights, index)) {
      pass.project(*matrix, pass.rows().inputs[index], pass.space().projected[index], kAsComputed);
    }
  }
}

void run_rwkv_time_mix(RwkvPass& pass, std::int32_t layer) {
  const RwkvLayer& weights = pass.layer(layer);
  pass.begin_sub_layer(weights.time_norm, pass.halves_before(layer));
  if (pass.spec().time_mix == RwkvTimeMix::kV6) {
    run_rwkv_v6_shift(pass, layer);
  } else {
    shift_inputs(pass, layer);
  }
  run_heads(pass, layer);
  pass.barrier();
  pass.keep_last_rows(pass.state_layout().time_shift(layer));
  const Range rows = pass.prepared(pass.n_rows());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    pass.quantize(weights.output, row, pass.rows().mixed);
  }
  pass.finish_preparing();
  pass.project(weights.output, pass.rows().mixed, pass.space().output, kAsComputed);
  pass.barrier();
  pass.set_output();
}

}  // namespace hearth::model
