#include <algorithm>
#include <cmath>

#include "model/rwkv_time_mix.h"

namespace hearth::model {
namespace {

using kernels::Activation;

// A decay is exp(-e^(-1/2) σ(x)): never below 0.545 (arXiv:2503.14456, equation 12).
constexpr float kDecayScale = -0.606531F;
// A key of zeroes has no direction: its length is taken as this.
constexpr float kLeastLength = 1e-12F;

void lora_downs(RwkvPass& pass, const RwkvLayer& weights) {
  const RwkvWorkspace& space = pass.space();
  const auto down = [&](const RwkvLora& lora, RwkvProjection input, std::size_t ranks, auto function) {
    pass.lora_down(lora, pass.rows().inputs[input].values, space.ranks[ranks], function);
  };
  down(weights.decay_lora, kDecay, kDecay,
       [&](float* values, std::int64_t n) { pass.kernels().activate(Activation::kTanh, values, n, values); });
  down(weights.rate_lora, kRate, kRate, kAsComputed);
  down(weights.gate_lora, kGate, kGate,
       [&](float* values, std::int64_t n) { pass.kernels().activate(Activation::kSigmoid, values, n, values); });
  if (weights.value_lora.exists()) {
    down(weights.value_lora, kValue, kValue, kAsComputed);
  }
}

void lora_ups(RwkvPass& pass, const RwkvLayer& weights) {
  const RwkvWorkspace& space = pass.space();
  const kernels::KernelTable& kernels = pass.kernels();
  const auto sigmoid = [&](float* values, std::int64_t n) {
    kernels.activate(Activation::kSigmoid, values, n, values);
  };
  pass.lora_up(weights.decay_lora, space.ranks[kDecay], space.projected[kDecay], [&](float* values, std::int64_t n) {
    kernels.activate(Activation::kSigmoid, values, n, values);
    kernels.scale(values, kDecayScale, n, values);
    kernels.activate(Activation::kExp, values, n, values);
  });
  pass.lora_up(weights.rate_lora, space.ranks[kRate], space.projected[kRate], sigmoid);
  pass.lora_up(weights.gate_lora, space.ranks[kGate], space.projected[kGate], kAsComputed);
  if (weights.value_lora.exists()) {
    pass.lora_up(weights.value_lora, space.ranks[kValue], space.value_gate, sigmoid);
  }
}

// One row of one head; `at` is where it begins in the buffers, `first` in vectors of hidden_dim.
struct HeadRow {
  std::int64_t at;
  std::int64_t first;
};

void mix_values(RwkvPass& pass, const RwkvLayer& weights, const HeadRow& row) {
  const RwkvWorkspace& space = pass.space();
  const std::int64_t n = pass.spec().head_dim;
  float* value = space.projected[kValue] + row.at;
  if (weights.value_lora.exists()) {
    pass.kernels().lerp(value, space.first_value + row.at, space.value_gate + row.at, n, value);
  } else {
    std::copy_n(value, n, space.first_value + row.at);
  }
}

void run_row(RwkvPass& pass, const RwkvLayer& weights, const HeadRow& row, float* state) {
  const kernels::KernelTable& kernels = pass.kernels();
  const RwkvWorkspace& space = pass.space();
  const std::int64_t n = pass.spec().head_dim;
  float* removal = pass.scratch();
  float* product = removal + row_stride(n);
  const float* receptance = space.projected[kReceptance] + row.at;
  const float* rate = space.projected[kRate] + row.at;
  const float* value = space.projected[kValue] + row.at;
  float* key = space.projected[kKey] + row.at;
  float* out = pass.rows().mixed.values + row.at;

  // The direction of k ⊙ k_k: an RMS norm gives vectors of length √n.
  kernels.multiply(key, weights.key_removal + row.first, n, removal);
  const auto length = std::sqrt(static_cast<float>(n));
  kernels.rms_norm(removal, nullptr, kLeastLength * kLeastLength / static_cast<float>(n), n, removal);
  kernels.scale(removal, 1.0F / length, n, removal);
  // k (1 + (a - 1) k_a)
  kernels.multiply(key, rate, n, product);
  kernels.lerp(key, product, weights.key_rate + row.first, n, key);
  kernels.wkv7({.receptance = receptance,
                .decay = space.projected[kDecay] + row.at,
                .key = key,
                .value = value,
                .removal = removal,
                .rate = rate,
                .state = state,
                .out = out},
               n);
  kernels.layer_norm(out, weights.head_norm.weight + row.first, weights.head_norm.bias + row.first,
                     pass.spec().head_norm_eps, n, out);
  kernels.multiply(key, weights.bonus + row.first, n, product);
  kernels.axpy(kernels.dot(receptance, product, n), value, n, out);
  kernels.multiply(out, space.projected[kGate] + row.at, n, out);
}

}  // namespace

void run_rwkv_v7_heads(RwkvPass& pass, std::int32_t layer) {
  const RwkvLayer& weights = pass.layer(layer);
  const std::int64_t n = pass.spec().head_dim;
  project_rwkv(pass, weights);
  lora_downs(pass, weights);
  pass.barrier();
  lora_ups(pass, weights);
  pass.barrier();
  pass.for_each_head([&](const StepSequence& sequence, std::int64_t head) {
    float* state = sequence.state + pass.state_layout().recurrence(layer) + head * n * n;
    for (std::int64_t row = sequence.first_row; row < sequence.first_row + sequence.n_rows; ++row) {
      const HeadRow place{.at = row * pass.stride() + head * n, .first = head * n};
      mix_values(pass, weights, place);
      run_row(pass, weights, place, state);
    }
  });
}

}  // namespace hearth::model
