#include "model/rwkv_pass.h"

namespace hearth::model {
namespace {

// The exponent of an empty sum of RWKV-4: below every key, far from overflow.
constexpr float kNoExponent = -1e30F;

std::size_t index_of(ActivationKind kind) {
  return static_cast<std::size_t>(std::ranges::find(kQuantizedKinds, kind) - kQuantizedKinds.begin());
}

}  // namespace

RwkvStateLayout::RwkvStateLayout(const RwkvSpec& spec)
    : has_exponents_(spec.time_mix == RwkvTimeMix::kV4),
      n_layers_(spec.n_layers),
      hidden_dim_(spec.hidden_dim),
      layer_floats_(hidden_dim_ * (2 + (has_exponents_ ? 3 : spec.head_dim))) {}

void RwkvStateLayout::clear(float* state) const {
  std::fill_n(state, n_floats(), 0.0F);
  for (std::int32_t layer = 0; has_exponents_ && layer < n_layers_; ++layer) {
    std::fill_n(state + recurrence(layer) + 2 * hidden_dim_, hidden_dim_, kNoExponent);
  }
}

RwkvPass::RwkvPass(RwkvNetwork& network, const RwkvStep& step, int worker)
    : network_(network),
      step_(step),
      state_layout_(network.spec),
      worker_(worker),
      stride_(row_stride(network.spec.hidden_dim)),
      is_shared_(n_rows() >= kRedundantRows),
      rows_(is_shared_ ? &network.space.rows : &network.space.own_rows[static_cast<std::size_t>(worker)]) {}

void RwkvPass::norm(const Norm& norm, const float* x, float* out) const {
  kernels().layer_norm(x, norm.weight, norm.bias, spec().norm_eps, spec().hidden_dim, out);
}

float* RwkvPass::add_output(std::int64_t row, bool halves) const {
  float* x = rows().hidden + row * stride_;
  if (has_output_) {
    kernels().add(x, space().output + row * stride_, spec().hidden_dim, x);
  }
  if (halves) {
    kernels().scale(x, 0.5F, spec().hidden_dim, x);
  }
  return x;
}

void RwkvPass::begin_sub_layer(const Norm& norm, bool halves) {
  const Range range = prepared(n_rows());
  for (std::int64_t row = range.begin; row < range.end; ++row) {
    this->norm(norm, add_output(row, halves), rows().normed + row * stride_);
  }
  has_output_ = false;
  finish_preparing();
}

const float* RwkvPass::row_before(std::int64_t row, std::int64_t state_offset) const {
  const std::int32_t index = step_.sequence_of_row[static_cast<std::size_t>(row)];
  const StepSequence& sequence = step_.batch->sequences[static_cast<std::size_t>(index)];
  return row == sequence.first_row ? sequence.state + state_offset : rows().normed + (row - 1) * stride_;
}

void RwkvPass::shift(std::int64_t row, const float* before, const float* shift, float* out) const {
  const float* normed = rows().normed + row * stride_;
  const bool weighs_row = spec().time_mix == RwkvTimeMix::kV4 || spec().time_mix == RwkvTimeMix::kV5;
  kernels().lerp(weighs_row ? before : normed, weighs_row ? normed : before, shift, spec().hidden_dim, out);
}

void RwkvPass::keep_last_rows(std::int64_t state_offset) const {
  const std::span<const StepSequence> sequences = step_.batch->sequences;
  const Range mine = part_of(static_cast<std::int64_t>(sequences.size()));
  for (std::int64_t i = mine.begin; i < mine.end; ++i) {
    const StepSequence& sequence = sequences[static_cast<std::size_t>(i)];
    const float* last = rows().normed + (sequence.first_row + sequence.n_rows - 1) * stride_;
    std::copy_n(last, spec().hidden_dim, sequence.state + state_offset);
  }
}

void RwkvPass::quantize(const Linear& linear, std::int64_t row, const InputRows& inputs) const {
  if (linear.input == ActivationKind::kF32) {
    return;
  }
  const std::int64_t n = linear.matrix.n_cols;
  const std::int64_t row_bytes = kernels().activation_row_bytes(linear.input, n);
  kernels().quantize_row(linear.input, inputs.values + row * row_stride(n), n,
                         inputs.quantized[index_of(linear.input)] + row * row_bytes);
}

kernels::ActivationView RwkvPass::float_view(const Linear& linear, const float* values, std::int64_t stride) const {
  return {.kind = ActivationKind::kF32,
          .data = reinterpret_cast<const unsigned char*>(values),
          .row_bytes = stride * static_cast<std::int64_t>(sizeof(float)),
          .n_rows = n_rows(),
          .n_cols = linear.matrix.n_cols};
}

kernels::ActivationView RwkvPass::view(const Linear& linear, const InputRows& inputs, std::int64_t n_rows) const {
  const std::int64_t n = linear.matrix.n_cols;
  if (linear.input == ActivationKind::kF32) {
    kernels::ActivationView view = float_view(linear, inputs.values, row_stride(n));
    view.n_rows = n_rows;
    return view;
  }
  return {.kind = linear.input,
          .data = inputs.quantized[index_of(linear.input)],
          .row_bytes = kernels().activation_row_bytes(linear.input, n),
          .n_rows = n_rows,
          .n_cols = n};
}

}  // namespace hearth::model
